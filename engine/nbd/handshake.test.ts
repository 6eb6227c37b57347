import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ExportDirectory,
  type ExportFacts,
  Handshake,
  type HandshakeStep,
  MAX_OPTION_BYTES,
  MAX_OPTIONS,
  MAX_SKIPPED_OPTION_BYTES,
} from './handshake.ts';
import { Option, OptionReply } from './protocol.ts';
import { goData, metaData, u32 } from './testing/raw-client.ts';

const DISK: ExportFacts = {
  name: 'disk',
  description: 'a disk',
  sizeBytes: (1n << 63n) - 1n,
  transmissionFlags: (structured) => (structured ? 0x80 : 0) | 1,
  extents: true,
};
const OTHER: ExportFacts = { ...DISK, name: 'other', description: '', sizeBytes: 4096n };

const EXPORTS: ExportDirectory = {
  list: () => [DISK, OTHER],
  find: (name) => [DISK, OTHER].find((facts) => facts.name === name) ?? (name === '' ? DISK : null),
};

const FLAGS = u32(3);

function option(number: number, data: Buffer = Buffer.alloc(0), length = data.length): Buffer {
  return Buffer.concat([Buffer.from('IHAVEOPT'), u32(number), u32(length), data]);
}

function feed(handshake: Handshake, bytes: Buffer, cuts: readonly number[] = []): HandshakeStep {
  let step: HandshakeStep = { kind: 'more' };
  let from = 0;
  for (const to of [...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]) {
    for (; from < to && step.kind === 'more'; ) {
      const pushed = handshake.push(bytes, from, to);
      step = pushed.step;
      from += pushed.taken;
    }
  }
  return step;
}

interface Reply {
  readonly option: number;
  readonly type: number;
  readonly data: Buffer;
}

/** What came after the greeting, taken apart. */
function replies(handshake: Handshake): Reply[] {
  const bytes = Buffer.concat(handshake.takeOutput()).subarray(18);
  const found: Reply[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at + 16);
    found.push({
      option: bytes.readUInt32BE(at + 8),
      type: bytes.readUInt32BE(at + 12),
      data: bytes.subarray(at + 20, at + 20 + length),
    });
    at += 20 + length;
  }
  return found;
}

function answers(...parts: Buffer[]): Reply[] {
  const handshake = new Handshake(EXPORTS);
  feed(handshake, Buffer.concat([FLAGS, ...parts]));
  return replies(handshake);
}

describe('Handshake', () => {
  it('says the same however its bytes arrive', () => {
    const session = Buffer.concat([
      FLAGS,
      option(0x1234, Buffer.alloc(300)),
      option(Option.List),
      option(Option.StructuredReply),
      option(77, Buffer.alloc(MAX_OPTION_BYTES + 5)),
      option(Option.SetMetaContext, metaData('disk', ['base:allocation'])),
      option(Option.Info, goData('disk', [1, 2, 3])),
      option(Option.Go, goData('disk', [3])),
      Buffer.from('transmission'),
    ]);
    const whole = new Handshake(EXPORTS);
    const step = feed(whole, session);
    expect(step).toMatchObject({ kind: 'chosen', exportName: 'disk', negotiated: { allocation: true } });
    const expected = Buffer.concat(whole.takeOutput()).toString('hex');
    fc.assert(
      fc.property(fc.array(fc.nat(session.length), { maxLength: 12 }), (cuts) => {
        const handshake = new Handshake(EXPORTS);
        expect(feed(handshake, session, cuts)).toEqual(step);
        expect(Buffer.concat(handshake.takeOutput()).toString('hex')).toBe(expected);
      }),
      { numRuns: 60 },
    );
  });

  it('takes no byte that belongs to transmission', () => {
    const bytes = Buffer.concat([FLAGS, option(Option.Go, goData('disk')), Buffer.from('transmission')]);
    const { taken } = new Handshake(EXPORTS).push(bytes, 0, bytes.length);
    expect(bytes.length - taken).toBe('transmission'.length);
  });

  it('never throws and never answers out of proportion, whatever the bytes', () => {
    const some = fc.oneof(
      fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
      fc
        .tuple(fc.nat(12), fc.uint8Array({ maxLength: 80 }), fc.option(fc.nat(0xffff_ffff)))
        .map(([number, data, length]) => option(number, Buffer.from(data), length ?? data.length)),
    );
    fc.assert(
      fc.property(fc.array(some, { maxLength: 8 }), (parts) => {
        const handshake = new Handshake(EXPORTS);
        feed(handshake, Buffer.concat([FLAGS, ...parts]));
        const output = Buffer.concat(handshake.takeOutput());
        expect(output.length).toBeLessThan(20_000);
      }),
      { numRuns: 300 },
    );
  });

  it('lists every export with its description', () => {
    const [first, second, last] = answers(option(Option.List));
    expect(first?.data.toString()).toBe('\0\0\0\x04diska disk');
    expect(second?.data.toString()).toBe('\0\0\0\x05other');
    expect(last?.type).toBe(OptionReply.Ack);
  });

  it('tells size, name and description each in a reply of its own', () => {
    const found = answers(option(Option.Info, goData('', [2, 1, 3])));
    expect(found.map((reply) => reply.data.toString('hex').slice(0, 4))).toEqual([
      '0000',
      '0001',
      '0002',
      '0003',
      '',
    ]);
    expect(found[0]?.data.readBigUInt64BE(2)).toBe((1n << 63n) - 1n);
    expect(found[1]?.data.subarray(2).toString()).toBe('disk');
    expect(found[2]?.data.subarray(2).toString()).toBe('a disk');
    expect([2, 6, 10].map((at) => found[3]?.data.readUInt32BE(at))).toEqual([1, 4096, 32 << 20]);
  });

  it('offers SEND_DF only after structured replies', () => {
    const flags = (found: Reply[]): number | undefined => found.at(-2)?.data.readUInt16BE(10);
    expect(flags(answers(option(Option.Info, goData('disk'))))).toBe(1);
    expect(flags(answers(option(Option.StructuredReply), option(Option.Info, goData('disk'))))).toBe(0x81);
  });

  it('allows block status only for the export that was last selected for, and forgets on a failed selection', () => {
    const select = (name: string, queries: string[]): Buffer =>
      option(Option.SetMetaContext, metaData(name, queries));
    const allocation = (...parts: Buffer[]): boolean => {
      const all = Buffer.concat([FLAGS, option(Option.StructuredReply), ...parts]);
      const step = feed(new Handshake(EXPORTS), Buffer.concat([all, option(Option.Go, goData('disk'))]));
      return step.kind === 'chosen' && step.negotiated.allocation;
    };
    const chosen = select('disk', ['base:allocation']);
    expect(allocation(chosen)).toBe(true);
    expect(allocation(select('', ['base:allocation']))).toBe(true);
    expect(allocation(select('other', ['base:allocation']))).toBe(false);
    expect(allocation(chosen, select('other', ['base:allocation']))).toBe(false);
    expect(allocation(chosen, select('disk', []))).toBe(false);
    expect(allocation(chosen, select('nope', ['base:allocation']))).toBe(false);
    expect(allocation(chosen, option(Option.SetMetaContext, u32(9)))).toBe(false);
    const tooBig = option(Option.SetMetaContext, Buffer.alloc(MAX_OPTION_BYTES + 1));
    expect(allocation(chosen, tooBig)).toBe(false);
  });

  it('stops at STARTTLS, and forgets what was agreed on before it', () => {
    const handshake = new Handshake(EXPORTS, { tls: 'on', extendedHeaders: true });
    const before = [
      option(Option.ExtendedHeaders),
      option(Option.SetMetaContext, metaData('disk', ['base:allocation'])),
      option(Option.StartTls),
    ];
    const bytes = Buffer.concat([FLAGS, ...before, option(Option.Go, goData('disk'))]);
    const { taken, step } = handshake.push(bytes, 0, bytes.length);
    expect(step.kind).toBe('secure');
    expect(taken).toBe(FLAGS.length + Buffer.concat(before).length);
    expect(handshake.push(bytes, taken, bytes.length).taken).toBe(0);
    handshake.secured();
    expect(feed(handshake, option(Option.Go, goData('disk')))).toMatchObject({
      negotiated: {
        structuredReplies: false,
        extendedHeaders: false,
        allocation: false,
        fixedNewstyle: true,
      },
    });
  });

  it('takes structured replies after extended headers for a mistake, but not before them', () => {
    const types = answers(
      Buffer.concat([
        option(Option.StructuredReply),
        option(Option.ExtendedHeaders),
        option(Option.ExtendedHeaders),
        option(Option.StructuredReply),
      ]),
    ).map(({ type }) => type);
    const { Ack, ErrInvalid, ErrExtHeaderReqd } = OptionReply;
    expect(types).toEqual([Ack, Ack, ErrInvalid, ErrExtHeaderReqd]);
  });

  it('keeps a refused STARTTLS from changing anything', () => {
    const found = answers(
      option(Option.StructuredReply),
      option(Option.StartTls),
      option(Option.Info, goData('disk')),
    );
    expect(found.map((reply) => reply.type)).toEqual([1, OptionReply.ErrPolicy, 3, 1]);
    expect(found[2]?.data.readUInt16BE(10)).toBe(0x81);
  });

  it('answers ABORT whatever comes with it, and closes', () => {
    for (const length of [0, 5, MAX_OPTION_BYTES + 1]) {
      const handshake = new Handshake(EXPORTS);
      const step = feed(handshake, Buffer.concat([FLAGS, option(Option.Abort, Buffer.alloc(length))]));
      expect(step).toEqual({ kind: 'close', reason: null });
      expect(replies(handshake)[0]?.type).toBe(OptionReply.Ack);
    }
  });

  it('reads over long options without keeping them, and closes on absurd ones (CVE-2017-15119)', () => {
    const handshake = new Handshake(EXPORTS);
    const long = option(99, Buffer.alloc(MAX_OPTION_BYTES + 1));
    expect(feed(handshake, Buffer.concat([FLAGS, long, option(Option.StructuredReply)])).kind).toBe('more');
    expect(replies(handshake).map((reply) => reply.type)).toEqual([OptionReply.ErrUnsup, OptionReply.Ack]);
    const known = option(Option.Info, Buffer.alloc(MAX_OPTION_BYTES + 1));
    expect(answers(known)[0]?.type).toBe(OptionReply.ErrTooBig);
    for (const length of [MAX_SKIPPED_OPTION_BYTES + 1, 0x7fff_ffff, 0xffff_ffff]) {
      const closed = feed(
        new Handshake(EXPORTS),
        Buffer.concat([FLAGS, option(99, Buffer.alloc(0), length)]),
      );
      expect(closed.kind).toBe('close');
    }
  });

  it('cuts a long name in its error text, and shows no control characters (CVE-2020-10761)', () => {
    for (const name of ['x'.repeat(4096), 'é'.repeat(2048), '\x1b[31m'.repeat(800)]) {
      const [refused] = answers(option(Option.Go, goData(name)));
      expect(refused?.type).toBe(OptionReply.ErrUnknown);
      expect(refused?.data.length).toBeLessThan(400);
      expect(refused?.data.toString()).not.toMatch(/\p{Cc}/u);
    }
  });

  it('refuses names that run over their option (CVE-2022-26495, CVE-2022-26496)', () => {
    for (const number of [Option.Info, Option.Go, Option.ListMetaContext]) {
      for (const length of [0xffff_ffff, 0xffff_fffa, 7, 1]) {
        const found = answers(option(number, Buffer.concat([u32(length), u32(0).subarray(2)])));
        expect(found[0]?.type).toBe(OptionReply.ErrInvalid);
      }
    }
  });

  it('ends a handshake of too many options', () => {
    const many = Buffer.concat(Array.from({ length: MAX_OPTIONS + 1 }, () => option(99)));
    expect(feed(new Handshake(EXPORTS), Buffer.concat([FLAGS, many])).kind).toBe('close');
  });

  it('refuses everything but ABORT with ERR_SHUTDOWN once the server goes down', () => {
    const handshake = new Handshake(EXPORTS);
    handshake.shutDown();
    const bytes = Buffer.concat([
      FLAGS,
      option(Option.List),
      option(Option.Go, goData('disk')),
      option(Option.Abort),
    ]);
    expect(feed(handshake, bytes).kind).toBe('close');
    const types = replies(handshake).map((reply) => reply.type);
    expect(types).toEqual([OptionReply.ErrShutdown, OptionReply.ErrShutdown, OptionReply.Ack]);
  });
});
