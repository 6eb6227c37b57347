import { Option, TransmissionFlag } from '../protocol.ts';
import { INFO_NAMES, NOT_OFFERED, PROBE_DISK_BYTES, type Probe, readAfter, words } from './probe.ts';
import { goData, metaData, type OptionAnswer, type RawClient, u32 } from './raw-client.ts';

/** Asks for the list: shows that the server still reads options where they begin. */
const listAfter = async (client: RawClient): Promise<string> => words(await client.option(Option.List));

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
const EH = [Option.ExtendedHeaders];

/** The handshake, option by option. */
export const handshakeProbes: readonly Probe[] = [
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
  framingProbe('EXTENDED_HEADERS', Option.ExtendedHeaders, NO_DATA, ['ACK', 'ERR_UNSUP']),
  framingProbe('EXTENDED_HEADERS with data', Option.ExtendedHeaders, u32(1), ['ERR_INVALID', 'ERR_UNSUP']),
  optionProbe(
    'EXTENDED_HEADERS twice',
    Option.ExtendedHeaders,
    NO_DATA,
    ['ERR_INVALID', 'ACK', 'ERR_UNSUP'],
    EH,
  ),
  optionProbe(
    'EXTENDED_HEADERS after STRUCTURED_REPLY',
    Option.ExtendedHeaders,
    NO_DATA,
    ['ACK', 'ERR_UNSUP'],
    SR,
  ),
  optionProbe(
    'STRUCTURED_REPLY after EXTENDED_HEADERS',
    Option.StructuredReply,
    NO_DATA,
    // A server that refused the first one answers as if it had not been asked.
    ['ERR_EXT_HEADER_REQD', 'ERR_INVALID', 'ACK', 'ERR_UNSUP'],
    EH,
  ),
  optionProbe(
    'SET_META after EXTENDED_HEADERS',
    Option.SetMetaContext,
    (name) => metaData(name, ['base:allocation']),
    ['META_CONTEXT ACK', 'ERR_INVALID', 'ERR_UNSUP'],
    EH,
  ),
  {
    name: 'EXPORT_NAME after EXTENDED_HEADERS: must close',
    allowed: ['CLOSED'],
    ask: async (client, name) => {
      await client.greet();
      const answer = words(await client.option(Option.ExtendedHeaders));
      if (answer !== 'ACK') return NOT_OFFERED;
      client.sendOption(Option.ExportName, Buffer.from(name));
      await client.read(10);
      return 'accepted';
    },
  },
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
