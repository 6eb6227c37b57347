import { ERRNO_NAMES } from '#shared/events/vocabulary.ts';
import { Chunk, Command, CommandFlag, Option, TransmissionFlag } from '../protocol.ts';
import {
  goData,
  metaData,
  NoAnswer,
  type OptionAnswer,
  RawClient,
  type ReplyChunk,
  u32,
} from './raw-client.ts';

/** Size of the disk that probes are made for: 80 MiB, writable. */
export const PROBE_DISK_BYTES = 80 << 20;

/** One question put to a server over a raw socket, and the answers that the protocol allows. */
export interface Probe {
  readonly name: string;
  /** Answers in full, or patterns of them. */
  readonly allowed: readonly (string | RegExp)[];
  /** @param name the export's name. */
  readonly ask: (client: RawClient, name: string) => Promise<string>;
}

const OPTION_NAMES: Readonly<Record<number, string>> = {
  1: 'ACK',
  2: 'SERVER',
  3: 'INFO',
  4: 'META_CONTEXT',
  2147483649: 'ERR_UNSUP',
  2147483650: 'ERR_POLICY',
  2147483651: 'ERR_INVALID',
  2147483652: 'ERR_PLATFORM',
  2147483653: 'ERR_TLS_REQD',
  2147483654: 'ERR_UNKNOWN',
  2147483655: 'ERR_SHUTDOWN',
  2147483656: 'ERR_BLOCK_SIZE_REQD',
  2147483657: 'ERR_TOO_BIG',
};

const INFO_NAMES = ['EXPORT', 'NAME', 'DESCRIPTION', 'BLOCK_SIZE'];

function optionName(answer: OptionAnswer): string {
  const name = OPTION_NAMES[answer.type] ?? `0x${answer.type.toString(16)}`;
  if (name !== 'INFO') return name;
  const about = answer.data.readUInt16BE(0);
  return `INFO ${INFO_NAMES[about] ?? about}`;
}

const words = (answers: readonly OptionAnswer[]): string => answers.map(optionName).join(' ');

const CHUNK_NAMES: Readonly<Record<number, string>> = {
  [Chunk.None]: 'none',
  [Chunk.OffsetData]: 'data',
  [Chunk.OffsetHole]: 'hole',
  [Chunk.BlockStatus]: 'status',
};

function chunkName(chunk: ReplyChunk): string {
  if (chunk.errno !== 0) return ERRNO_NAMES[chunk.errno] ?? `errno ${chunk.errno}`;
  if (!chunk.structured) return 'ok';
  return CHUNK_NAMES[chunk.type] ?? `type ${chunk.type}`;
}

const reply = (chunks: readonly ReplyChunk[]): string => chunks.map(chunkName).join(' ');

/** Asks for the list: shows that the server still reads options where they begin. */
const listAfter = async (client: RawClient): Promise<string> => words(await client.option(Option.List));

/** Reads 512 bytes: shows that the server still reads requests where they begin. */
const readAfter = async (client: RawClient): Promise<string> => {
  const bytes = await client.readDisk(0n, 512);
  return bytes.length === 512 ? 'readable' : 'short';
};

/** An option's data, or how to make it for an export's name. */
type OptionData = Buffer | ((name: string) => Buffer);

const dataFor = (data: OptionData, name: string): Buffer => (typeof data === 'function' ? data(name) : data);

function optionProbe(
  title: string,
  option: number,
  data: OptionData,
  allowed: readonly (string | RegExp)[],
  before: readonly number[] = [],
): Probe {
  return {
    name: title,
    allowed,
    ask: async (client, name) => {
      await client.greet();
      for (const earlier of before) await client.option(earlier);
      return words(await client.option(option, dataFor(data, name)));
    },
  };
}

/** As {@link optionProbe}, and the list after it. */
function framingProbe(title: string, option: number, data: OptionData, allowed: readonly string[]): Probe {
  return {
    name: title,
    allowed: allowed.map((answer) => `${answer}, then SERVER ACK`),
    ask: async (client, name) => {
      await client.greet();
      const answer = words(await client.option(option, dataFor(data, name)));
      return `${answer}, then ${await listAfter(client)}`;
    },
  };
}

const NO_DATA = Buffer.alloc(0);
const SR = [Option.StructuredReply];

const handshakeProbes: readonly Probe[] = [
  {
    name: 'handshake flags',
    allowed: ['3'],
    ask: async (client) => `${await client.greet()}`,
  },
  {
    name: 'unknown client flag: must close',
    allowed: ['CLOSED'],
    ask: async (client) => {
      await client.greet(7);
      return listAfter(client);
    },
  },
  framingProbe('unknown option with data', 0x7654321, u32(1), ['ERR_UNSUP']),
  framingProbe('unknown option with 100,000 bytes', 0x7654321, Buffer.alloc(100_000), ['ERR_UNSUP']),
  framingProbe('EXTENDED_HEADERS', Option.ExtendedHeaders, NO_DATA, ['ERR_UNSUP']),
  framingProbe('PEEK_EXPORT', Option.PeekExport, NO_DATA, ['ERR_UNSUP']),
  framingProbe('LIST with data', Option.List, u32(1), ['ERR_INVALID']),
  framingProbe('LIST twice', Option.List, NO_DATA, ['SERVER ACK']),
  optionProbe('ABORT', Option.Abort, NO_DATA, ['ACK']),
  optionProbe('ABORT with data', Option.Abort, u32(1), ['ACK']),
  {
    name: 'ABORT: closed after it',
    allowed: ['ACK, then CLOSED'],
    ask: async (client) => {
      await client.greet();
      const answer = words(await client.option(Option.Abort));
      await client.readToEnd();
      return `${answer}, then CLOSED`;
    },
  },
  framingProbe('STARTTLS without TLS', Option.StartTls, NO_DATA, ['ERR_POLICY', 'ERR_UNSUP']),
  framingProbe('STARTTLS with data', Option.StartTls, u32(1), ['ERR_INVALID', 'ERR_UNSUP', 'ERR_POLICY']),
  framingProbe('STRUCTURED_REPLY', Option.StructuredReply, NO_DATA, ['ACK', 'ERR_UNSUP']),
  optionProbe(
    'STRUCTURED_REPLY twice',
    Option.StructuredReply,
    NO_DATA,
    ['ACK', 'ERR_INVALID', 'ERR_UNSUP'],
    SR,
  ),
  framingProbe('STRUCTURED_REPLY with data', Option.StructuredReply, u32(1), ['ERR_INVALID', 'ERR_UNSUP']),
  framingProbe('GO to an unknown export', Option.Go, goData('nope'), ['ERR_UNKNOWN']),
  framingProbe('INFO of an unknown export', Option.Info, goData('nope'), ['ERR_UNKNOWN']),
  framingProbe('GO of 2 bytes', Option.Go, Buffer.alloc(2), ['ERR_INVALID']),
  framingProbe('GO with nothing', Option.Go, NO_DATA, ['ERR_INVALID']),
  framingProbe('GO, name longer than the option', Option.Go, goData('', [], 10), ['ERR_INVALID']),
  framingProbe('GO, name of 0xffffffff bytes', Option.Go, goData('', [], 0xffff_ffff), ['ERR_INVALID']),
  framingProbe('GO, more infos announced than sent', Option.Go, Buffer.from('000000000005', 'hex'), [
    'ERR_INVALID',
  ]),
  framingProbe('INFO, name of 5000 bytes', Option.Info, goData('x'.repeat(5000)), [
    'ERR_INVALID',
    'ERR_TOO_BIG',
    'ERR_UNKNOWN',
  ]),
  framingProbe('INFO, name not UTF-8', Option.Info, goData(Buffer.from([0xff, 0xfe])), [
    'ERR_INVALID',
    'ERR_UNKNOWN',
  ]),
  framingProbe('INFO, name with NUL', Option.Info, goData('a\0b'), ['ERR_INVALID', 'ERR_UNKNOWN']),
  optionProbe('INFO, nothing asked', Option.Info, (name) => goData(name), [
    /^(INFO \w+ )*INFO EXPORT( INFO \w+)* ACK$/,
  ]),
  optionProbe('INFO, all asked and one unknown', Option.Info, (name) => goData(name, [0, 1, 2, 3, 99]), [
    /^(INFO (NAME|DESCRIPTION|BLOCK_SIZE) )*INFO EXPORT( INFO (NAME|DESCRIPTION|BLOCK_SIZE))* ACK$/,
  ]),
  optionProbe('INFO, one asked twice', Option.Info, (name) => goData(name, [3, 3]), [
    /^(INFO (NAME|DESCRIPTION|BLOCK_SIZE) )*INFO EXPORT( INFO (NAME|DESCRIPTION|BLOCK_SIZE))* ACK$/,
    'ERR_INVALID',
  ]),
  {
    name: 'INFO, lengths of the replies',
    allowed: [/^EXPORT 12( NAME \d+)?( BLOCK_SIZE 14)?$/],
    ask: async (client, name) => {
      await client.greet();
      const answers = await client.option(Option.Info, goData(name, [1, 3]));
      return answers
        .filter((answer) => answer.type === 3)
        .map((answer) => ({ about: answer.data.readUInt16BE(0), length: answer.data.length }))
        .sort((a, b) => a.about - b.about)
        .map(({ about, length }) => `${INFO_NAMES[about] ?? about} ${length}`)
        .join(' ');
    },
  },
  {
    name: 'GO says what INFO said',
    allowed: ['same'],
    ask: async (client, name) => {
      await client.greet();
      const sorted = (answers: OptionAnswer[]): string =>
        answers
          .map((answer) => `${answer.type}:${answer.data.toString('hex')}`)
          .sort()
          .join();
      const info = sorted(await client.option(Option.Info, goData(name, [1, 3])));
      const go = sorted(await client.option(Option.Go, goData(name, [1, 3])));
      return info === go ? 'same' : 'different';
    },
  },
  {
    name: 'option of 0x7fffffff bytes',
    allowed: ['CLOSED', 'ERR_INVALID', 'ERR_UNSUP', 'ERR_TOO_BIG'],
    ask: async (client) => {
      await client.greet();
      client.sendOption(0x7654321, NO_DATA, 0x7fff_ffff);
      return words(await client.optionAnswers());
    },
  },
  {
    name: 'option without IHAVEOPT: must close',
    allowed: ['CLOSED'],
    ask: async (client) => {
      await client.greet();
      client.write(Buffer.alloc(16));
      return words(await client.optionAnswers());
    },
  },
  framingProbe(
    'SET_META before STRUCTURED_REPLY',
    Option.SetMetaContext,
    (name) => metaData(name, ['base:allocation']),
    ['ERR_INVALID', 'ERR_UNSUP'],
  ),
  framingProbe('LIST_META before STRUCTURED_REPLY', Option.ListMetaContext, (name) => metaData(name, []), [
    'META_CONTEXT ACK',
    'ERR_INVALID',
    'ERR_UNSUP',
  ]),
  ...(
    [
      ['LIST_META, no query', Option.ListMetaContext, [], ['META_CONTEXT ACK']],
      ['LIST_META [base:]', Option.ListMetaContext, ['base:'], ['META_CONTEXT ACK']],
      ['LIST_META [x-foo:bar]', Option.ListMetaContext, ['x-foo:bar'], ['ACK']],
      ['LIST_META [nocolon]', Option.ListMetaContext, ['nocolon'], ['ACK', 'ERR_INVALID']],
      ['SET_META, no query', Option.SetMetaContext, [], ['ACK']],
      ['SET_META [base:]', Option.SetMetaContext, ['base:'], ['ACK']],
      ['SET_META [base:allocation]', Option.SetMetaContext, ['base:allocation'], ['META_CONTEXT ACK']],
      ['SET_META [x-foo:bar]', Option.SetMetaContext, ['x-foo:bar'], ['ACK']],
    ] as const
  ).map(([title, option, queries, allowed]) =>
    optionProbe(title, option, (name) => metaData(name, queries), [...allowed, 'ERR_UNSUP'], SR),
  ),
  {
    name: 'SET_META [base:allocation] twice in one, ids',
    allowed: ['one', 'ERR_UNSUP'],
    ask: async (client, name) => {
      await client.greet();
      await client.option(Option.StructuredReply);
      const query = metaData(name, ['base:allocation', 'base:allocation']);
      const answers = await client.option(Option.SetMetaContext, query);
      const ids = answers.filter((answer) => answer.type === 4).map((answer) => answer.data.readUInt32BE(0));
      if (ids.length === 0) return words(answers);
      return ids.length === 1 ? 'one' : `ids ${ids.join(' ')} for one context`;
    },
  },
  optionProbe(
    'SET_META for an unknown export',
    Option.SetMetaContext,
    metaData('nope', ['base:allocation']),
    ['ERR_UNKNOWN', 'ERR_UNSUP'],
    SR,
  ),
  optionProbe(
    'SET_META, query longer than the option',
    Option.SetMetaContext,
    (name) => Buffer.concat([metaData(name, []).subarray(0, -4), u32(1), u32(100), Buffer.from('base:')]),
    ['ERR_INVALID', 'ERR_UNSUP'],
    SR,
  ),
  optionProbe(
    'SET_META, 0xffffffff queries',
    Option.SetMetaContext,
    (name) => Buffer.concat([metaData(name, []).subarray(0, -4), u32(0xffff_ffff)]),
    ['ERR_INVALID', 'ERR_TOO_BIG', 'ERR_UNSUP'],
    SR,
  ),
  {
    name: 'client without fixed newstyle sends LIST',
    allowed: ['ERR_INVALID', 'ERR_POLICY', 'CLOSED'],
    ask: async (client) => {
      await client.greet(0);
      return listAfter(client);
    },
  },
  ...[2, 0].map(
    (clientFlags): Probe => ({
      name: `EXPORT_NAME ${clientFlags === 2 ? 'without' : 'with'} the zeroes`,
      allowed: [`${PROBE_DISK_BYTES}, readable`],
      ask: async (client, name) => {
        await client.greet(clientFlags);
        client.sendOption(Option.ExportName, Buffer.from(name));
        const answer = await client.read(clientFlags === 2 ? 10 : 134);
        return `${answer.readBigUInt64BE(0)}, ${await readAfter(client)}`;
      },
    }),
  ),
  {
    name: 'EXPORT_NAME of an unknown export: must close',
    allowed: ['CLOSED'],
    ask: async (client) => {
      await client.greet();
      client.sendOption(Option.ExportName, Buffer.from('nope'));
      await client.read(10);
      return 'accepted';
    },
  },
  ...[false, true].map(
    (structured): Probe => ({
      name: `SEND_DF ${structured ? 'with' : 'without'} structured replies`,
      allowed: structured ? ['set', 'ERR_UNSUP'] : ['clear'],
      ask: async (client, name) => {
        await client.greet();
        if (structured) {
          const answer = words(await client.option(Option.StructuredReply));
          if (answer !== 'ACK') return answer;
        }
        const answers = await client.option(Option.Info, goData(name));
        const about = answers.find((answer) => answer.type === 3 && answer.data.readUInt16BE(0) === 0);
        return ((about?.data.readUInt16BE(10) ?? 0) & TransmissionFlag.SendDf) === 0 ? 'clear' : 'set';
      },
    }),
  ),
];

/** The answer of a server without structured replies to a probe of them. */
export const NOT_OFFERED = 'not offered';

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

function commandProbe(probe: CommandProbe, structured: boolean): Probe {
  return {
    name: `${structured ? 'SR ' : ''}${probe.name}`,
    allowed: probe.allowed,
    ask: async (client, name) => {
      if (!(await client.enter({ structured, name }))) return NOT_OFFERED;
      const payload = probe.payloadBytes === undefined ? undefined : Buffer.alloc(probe.payloadBytes, 7);
      const chunks = await client.request(
        probe.command,
        { flags: probe.flags ?? 0, offset: probe.offset ?? 0n, length: payload?.length ?? probe.length ?? 0 },
        payload,
      );
      const answer = reply(chunks);
      if (structured && probe.command === Command.Read && chunks[0]?.structured === false)
        return `simple ${answer}`;
      const after = await readAfter(client);
      return after === 'readable' ? answer : `${answer}, then ${after}`;
    },
  };
}

function dontFragmentProbe(structured: boolean): Probe {
  return {
    name: `${structured ? 'SR ' : ''}read, DF`,
    allowed: structured ? ['data', 'hole', 'data none', 'hole none', 'EOVERFLOW'] : ['EINVAL'],
    ask: async (client, name) => {
      if (!(await client.enter({ structured, name }))) return NOT_OFFERED;
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

const transmissionProbes: readonly Probe[] = [
  ...[false, true].flatMap((structured) => [
    ...commands.map((probe) => commandProbe(probe, structured)),
    dontFragmentProbe(structured),
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

/** Every probe, in the order of the protocol. */
export const PROBES: readonly Probe[] = [...handshakeProbes, ...transmissionProbes];

/** Puts one probe to the server at `socket`, about one of its exports. Hanging up and silence are answers too. */
export async function ask(probe: Probe, socket: string, exportName = '', timeoutMs = 2000): Promise<string> {
  const client = await RawClient.connect(socket, timeoutMs);
  try {
    return await probe.ask(client, exportName);
  } catch (error) {
    if (error instanceof NoAnswer) return error.kind;
    return error instanceof Error ? error.message : String(error);
  } finally {
    client.close();
  }
}

/** Whether an answer is one the protocol allows. What a server need not offer it need not answer. */
export function isAllowed(probe: Probe, answer: string): boolean {
  if (answer === NOT_OFFERED) return true;
  return probe.allowed.some((allowed) =>
    typeof allowed === 'string' ? allowed === answer : allowed.test(answer),
  );
}
