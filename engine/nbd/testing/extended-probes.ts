import { Command, CommandFlag } from '../protocol.ts';
import { NOT_OFFERED, PROBE_DISK_BYTES, type Probe, readAfter, reply } from './probe.ts';

const MIB = 1 << 20;
const PAYLOAD = CommandFlag.PayloadLen;

interface ExtendedProbe {
  readonly name: string;
  readonly command: number;
  readonly flags?: number;
  readonly offset?: bigint;
  readonly length?: bigint;
  readonly payloadBytes?: number;
  readonly allowed: readonly string[];
}

/** What only extended headers can say, and what they forbid. */
const commands: readonly ExtendedProbe[] = [
  { name: 'trim 5 GiB', command: Command.Trim, length: 5n << 30n, allowed: ['EINVAL'] },
  { name: 'trim 2^64-1', command: Command.Trim, length: (1n << 64n) - 1n, allowed: ['EINVAL'] },
  { name: 'zeroes 5 GiB', command: Command.WriteZeroes, length: 5n << 30n, allowed: ['ENOSPC', 'EINVAL'] },
  {
    name: 'zeroes, the end beyond 2^64',
    command: Command.WriteZeroes,
    offset: 1n << 63n,
    length: 1n << 63n,
    allowed: ['ENOSPC', 'EINVAL'],
  },
  { name: 'cache 4 GiB', command: Command.Cache, length: 1n << 32n, allowed: ['EINVAL'] },
  { name: 'read 4 GiB', command: Command.Read, length: 1n << 32n, allowed: ['EINVAL', 'EOVERFLOW'] },
  { name: 'block status 5 GiB', command: Command.BlockStatus, length: 5n << 30n, allowed: ['EINVAL'] },
  { name: 'write without PAYLOAD_LEN', command: Command.Write, length: 512n, allowed: ['EINVAL', 'CLOSED'] },
  {
    name: 'write 0, PAYLOAD_LEN',
    command: Command.Write,
    flags: PAYLOAD,
    payloadBytes: 0,
    allowed: ['none', 'EINVAL'],
  },
  {
    name: 'read with a payload',
    command: Command.Read,
    flags: PAYLOAD,
    payloadBytes: 24,
    allowed: ['EINVAL'],
  },
  {
    name: 'trim with a payload',
    command: Command.Trim,
    flags: PAYLOAD,
    payloadBytes: MIB,
    allowed: ['EINVAL'],
  },
  {
    name: 'flush with a payload',
    command: Command.Flush,
    flags: PAYLOAD,
    payloadBytes: 1,
    allowed: ['EINVAL'],
  },
  { name: 'command 99 with a payload', command: 99, flags: PAYLOAD, payloadBytes: 1000, allowed: ['EINVAL'] },
  {
    name: 'block status with a payload',
    command: Command.BlockStatus,
    flags: PAYLOAD,
    payloadBytes: 12,
    allowed: ['EINVAL'],
  },
  {
    name: 'a payload of 4 GiB announced',
    command: Command.Write,
    flags: PAYLOAD,
    length: 1n << 32n,
    allowed: ['CLOSED', 'EINVAL'],
  },
];

/** Transmission with extended headers (branch extension-ext-header of the protocol). */
export const extendedProbes: readonly Probe[] = [
  ...commands.map(
    (probe): Probe => ({
      name: `EH ${probe.name}`,
      allowed: probe.allowed,
      ask: async (client, name) => {
        if (!(await client.enter({ extended: true, allocation: true, name }))) return NOT_OFFERED;
        const payload = probe.payloadBytes === undefined ? undefined : Buffer.alloc(probe.payloadBytes, 7);
        const init = {
          flags: probe.flags ?? 0,
          offset: probe.offset ?? 0n,
          length: probe.length ?? probe.payloadBytes ?? 0,
        };
        const answer = reply(await client.request(probe.command, init, payload));
        const after = await readAfter(client);
        return after === 'readable' ? answer : `${answer}, then ${after}`;
      },
    }),
  ),
  {
    name: 'EH a compact request',
    allowed: ['CLOSED'],
    ask: async (client, name) => {
      if (!(await client.enter({ extended: true, name }))) return NOT_OFFERED;
      client.extended = false;
      client.send(Command.Read, { length: 512 });
      client.write(Buffer.alloc(4));
      return reply(await client.reply());
    },
  },
  {
    name: 'EH+meta block status: lengths and flags of 64 bits, as many as told',
    allowed: ['status ext'],
    ask: async (client, name) => {
      if (!(await client.enter({ extended: true, allocation: true, name }))) return NOT_OFFERED;
      await client.request(Command.WriteZeroes, { length: PROBE_DISK_BYTES });
      await client.request(Command.Write, { offset: BigInt(MIB) }, Buffer.alloc(MIB, 7));
      const chunks = await client.request(Command.BlockStatus, { length: PROBE_DISK_BYTES });
      const first = chunks[0];
      if (chunks.length !== 1 || first === undefined || first.errno !== 0) return reply(chunks);
      const told = first.data.readUInt32BE(4);
      const extents = (first.data.length - 8) / 16;
      if (told !== extents) return `${told} extents told, ${extents} there`;
      let sum = 0n;
      for (let i = 0; i < extents; i += 1) sum += first.data.readBigUInt64BE(8 + 16 * i);
      return sum > BigInt(PROBE_DISK_BYTES) ? `${sum} bytes` : reply(chunks);
    },
  },
];
