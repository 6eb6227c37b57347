import { Command, CommandFlag, Option } from '../protocol.ts';
import { NOT_OFFERED, PROBE_DISK_BYTES, type Probe, readAfter, reply } from './probe.ts';
import { goData, metaData } from './raw-client.ts';

const MIB = 1 << 20;
const PAST = BigInt(PROBE_DISK_BYTES) - 512n;

interface CommandProbe {
  readonly name: string;
  readonly command: number;
  readonly flags?: number;
  readonly offset?: bigint;
  readonly length?: number;
  readonly payloadBytes?: number;
  readonly allowed: readonly (string | RegExp)[];
}

const READ_OK = /^(ok|none|(data|hole)( (data|hole))*( none)?)$/;

/** Commands, each followed by a read. Allowed answers are those of the error table in proto.md. */
const commands: readonly CommandProbe[] = [
  { name: 'read 0', command: 0, length: 0, allowed: [READ_OK, 'EINVAL'] },
  { name: 'read past the end', command: 0, offset: PAST, length: 1024, allowed: ['EINVAL'] },
  { name: 'read at 2^63', command: 0, offset: 1n << 63n, length: 512, allowed: ['EINVAL'] },
  { name: 'read at 2^64-1', command: 0, offset: (1n << 64n) - 1n, length: 512, allowed: ['EINVAL'] },
  { name: 'read 32 MiB', command: 0, length: 32 * MIB, allowed: [READ_OK] },
  { name: 'read 64 MiB', command: 0, length: 64 * MIB, allowed: [READ_OK, 'EINVAL', 'EOVERFLOW'] },
  { name: 'read 65 MiB', command: 0, length: 65 * MIB, allowed: [READ_OK, 'EINVAL', 'EOVERFLOW'] },
  { name: 'read 4 GiB-1', command: 0, length: 0xffff_ffff, allowed: ['EINVAL', 'EOVERFLOW'] },
  { name: 'read 3 bytes at 1', command: 0, offset: 1n, length: 3, allowed: [READ_OK] },
  { name: 'read, FUA', command: 0, flags: CommandFlag.Fua, length: 512, allowed: [READ_OK] },
  { name: 'read, unknown flag', command: 0, flags: 0x80, length: 512, allowed: ['EINVAL'] },
  { name: 'read, NO_HOLE', command: 0, flags: CommandFlag.NoHole, length: 512, allowed: ['EINVAL'] },
  { name: 'write', command: 1, payloadBytes: 512, allowed: ['ok', 'none'] },
  { name: 'write, FUA', command: 1, flags: CommandFlag.Fua, payloadBytes: 512, allowed: ['ok', 'none'] },
  { name: 'write past the end', command: 1, offset: PAST, payloadBytes: 1024, allowed: ['ENOSPC'] },
  { name: 'write at 2^63', command: 1, offset: 1n << 63n, payloadBytes: 512, allowed: ['ENOSPC', 'EINVAL'] },
  { name: 'write 0', command: 1, payloadBytes: 0, allowed: ['ok', 'none', 'EINVAL'] },
  { name: 'write 33 MiB', command: 1, payloadBytes: 33 * MIB, allowed: ['ok', 'none', 'EINVAL', 'CLOSED'] },
  { name: 'write 65 MiB', command: 1, payloadBytes: 65 * MIB, allowed: ['ok', 'none', 'EINVAL', 'CLOSED'] },
  { name: 'write, NO_HOLE', command: 1, flags: CommandFlag.NoHole, payloadBytes: 512, allowed: ['EINVAL'] },
  { name: 'flush', command: 3, allowed: ['ok', 'none'] },
  { name: 'flush, FUA', command: 3, flags: CommandFlag.Fua, allowed: ['ok', 'none'] },
  { name: 'flush at 1', command: 3, offset: 1n, allowed: ['EINVAL', 'ok', 'none'] },
  { name: 'trim', command: 4, length: MIB, allowed: ['ok', 'none'] },
  { name: 'trim past the end', command: 4, offset: PAST, length: 1024, allowed: ['EINVAL'] },
  { name: 'trim 72 MiB', command: 4, length: 72 * MIB, allowed: ['ok', 'none', 'EINVAL', 'EOVERFLOW'] },
  { name: 'trim 0', command: 4, length: 0, allowed: ['ok', 'none', 'EINVAL'] },
  { name: 'zeroes', command: 6, length: MIB, allowed: ['ok', 'none'] },
  { name: 'zeroes past the end', command: 6, offset: PAST, length: 1024, allowed: ['ENOSPC'] },
  {
    name: 'zeroes, whole disk',
    command: 6,
    length: PROBE_DISK_BYTES,
    allowed: ['ok', 'none', 'EINVAL', 'EOVERFLOW'],
  },
  { name: 'zeroes, NO_HOLE', command: 6, flags: CommandFlag.NoHole, length: MIB, allowed: ['ok', 'none'] },
  {
    name: 'zeroes, FAST_ZERO',
    command: 6,
    flags: CommandFlag.FastZero,
    length: MIB,
    allowed: ['ok', 'none', 'ENOTSUP', 'EINVAL'],
  },
  { name: 'zeroes, REQ_ONE', command: 6, flags: CommandFlag.ReqOne, length: MIB, allowed: ['EINVAL'] },
  { name: 'cache', command: 5, length: MIB, allowed: ['ok', 'none', 'EINVAL'] },
  { name: 'cache, unknown flag', command: 5, flags: 0x80, length: MIB, allowed: ['EINVAL'] },
  { name: 'cache past the end', command: 5, offset: PAST, length: 1024, allowed: ['EINVAL'] },
  { name: 'block status, no context', command: 7, length: MIB, allowed: ['EINVAL'] },
  { name: 'resize', command: 8, length: MIB, allowed: ['EINVAL'] },
  { name: 'command 99 with a length', command: 99, length: MIB, allowed: ['EINVAL'] },
];

type Form = 'simple' | 'structured' | 'extended';
const FORMS = { simple: '', structured: 'SR ', extended: 'EH ' } as const;

function commandProbe(probe: CommandProbe, form: Form): Probe {
  return {
    name: `${FORMS[form]}${probe.name}`,
    allowed: probe.allowed,
    ask: async (client, name) => {
      if (!(await client.enter({ [form]: true, name }))) return NOT_OFFERED;
      const payload = probe.payloadBytes === undefined ? undefined : Buffer.alloc(probe.payloadBytes, 7);
      const chunks = await client.request(
        probe.command,
        {
          flags: flagsOf(probe, form),
          offset: probe.offset ?? 0n,
          length: payload?.length ?? probe.length ?? 0,
        },
        payload,
      );
      const answer = reply(chunks);
      if (form === 'structured' && probe.command === Command.Read && chunks[0]?.structured === false)
        return `simple ${answer}`;
      const after = await readAfter(client);
      return after === 'readable' ? answer : `${answer}, then ${after}`;
    },
  };
}

function flagsOf(probe: CommandProbe, form: Form): number {
  const payload = form === 'extended' && probe.payloadBytes !== undefined ? CommandFlag.PayloadLen : 0;
  return (probe.flags ?? 0) | payload;
}

function dontFragmentProbe(form: Form): Probe {
  return {
    name: `${FORMS[form]}read, DF`,
    allowed: form === 'simple' ? ['EINVAL'] : ['data', 'hole', 'data none', 'hole none', 'EOVERFLOW'],
    ask: async (client, name) => {
      if (!(await client.enter({ [form]: true, name }))) return NOT_OFFERED;
      await client.request(Command.Write, { offset: 4096n }, Buffer.alloc(4096, 7));
      const init = { flags: CommandFlag.Df, length: 65536 };
      return reply(await client.request(Command.Read, init));
    },
  };
}

function statusProbe(
  title: string,
  init: { readonly flags?: number; readonly offset?: bigint; readonly length: number },
  allowed: readonly string[],
): Probe {
  return {
    name: `SR+meta ${title}`,
    allowed,
    ask: async (client, name) => {
      if (!(await client.enter({ allocation: true, name }))) return NOT_OFFERED;
      await client.request(Command.WriteZeroes, { length: 2 * MIB });
      await client.request(Command.Write, { offset: BigInt(MIB) }, Buffer.alloc(MIB, 7));
      const chunks = await client.request(Command.BlockStatus, init);
      const first = chunks[0];
      if (chunks.length !== 1 || first === undefined || first.errno !== 0) return reply(chunks);
      let sum = 0;
      const extents = (first.data.length - 4) / 8;
      for (let i = 0; i < extents; i += 1) {
        const length = first.data.readUInt32BE(4 + 8 * i);
        if (length === 0) return 'an extent of 0 bytes';
        if (i < extents - 1 && sum + length >= init.length) return 'more extents than asked for';
        sum += length;
      }
      const one = ((init.flags ?? 0) & CommandFlag.ReqOne) !== 0;
      if (one && (extents !== 1 || sum > init.length)) return `REQ_ONE: ${extents} extents, ${sum} bytes`;
      return 'status';
    },
  };
}

/** Transmission, command by command, with simple and structured replies. */
export const transmissionProbes: readonly Probe[] = [
  ...(['simple', 'structured', 'extended'] as const).flatMap((form) => [
    ...commands.map((probe) => commandProbe(probe, form)),
    dontFragmentProbe(form),
  ]),
  statusProbe('block status', { length: 4 * MIB }, ['status']),
  statusProbe('block status, whole disk', { length: PROBE_DISK_BYTES }, ['status']),
  statusProbe('block status, REQ_ONE', { flags: CommandFlag.ReqOne, length: 4 * MIB }, ['status']),
  statusProbe('block status, FUA', { flags: CommandFlag.Fua, length: 4 * MIB }, ['status']),
  statusProbe('block status, 0 bytes', { length: 0 }, ['EINVAL']),
  statusProbe('block status past the end', { offset: PAST, length: 1024 }, ['EINVAL']),
  statusProbe('block status of 4 GiB-1', { offset: 1n, length: 0xffff_ffff }, ['EINVAL']),
  {
    name: 'SR+meta set for another export than GO',
    allowed: ['EINVAL'],
    ask: async (client, name) => {
      await client.greet();
      await client.option(Option.StructuredReply);
      await client.option(Option.SetMetaContext, metaData(name, ['base:allocation']));
      await client.option(Option.SetMetaContext, metaData('nope', ['base:allocation']));
      await client.option(Option.Go, goData(name));
      return reply(await client.request(Command.BlockStatus, { length: MIB }));
    },
  },
  {
    name: 'requests in one packet, all answered',
    allowed: ['32 of 32'],
    ask: async (client, name) => {
      await client.enter({ name });
      for (let i = 0; i < 32; i += 1) client.send(Command.Read, { offset: BigInt(i * 512), length: 512 });
      const cookies = new Set<bigint>();
      for (let i = 0; i < 32; i += 1) cookies.add((await client.chunk()).cookie);
      return `${cookies.size} of 32`;
    },
  },
  {
    name: 'DISC: outstanding requests answered, then closed',
    allowed: ['answered, then CLOSED'],
    ask: async (client, name) => {
      await client.enter({ name });
      client.send(Command.Read, { length: 512 });
      client.send(Command.Disconnect);
      await client.chunk();
      const left = await client.readToEnd();
      return left === 0 ? 'answered, then CLOSED' : `${left} bytes too many`;
    },
  },
  {
    name: 'wrong request magic',
    allowed: ['CLOSED', 'EINVAL'],
    ask: async (client, name) => {
      await client.enter({ name });
      client.send(Command.Read, { length: 512, magic: 0x1234_5678 });
      return reply(await client.reply());
    },
  },
];
