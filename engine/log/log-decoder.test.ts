import { describe, expect, it } from 'vitest';
import type { EventBatch } from '#shared/events/event-batch.ts';
import { Op, RowKind } from '#shared/events/vocabulary.ts';
import { MAX_SLOTS } from '#shared/model/in-flight.ts';
import { MAX_DISKS } from '#shared/model/session-state.ts';
import { decoderNotices } from './decoder-notices.ts';
import { type DecoderOptions, LogDecoder } from './log-decoder.ts';
import { diskText, RowCollector } from './row-text.ts';

const ENCODER = new TextEncoder();
let micros = 0;

/** A log of these lines, each with a time one µs after the line above. */
function log(...lines: readonly string[]): string {
  return lines
    .map((line) => {
      micros += 1;
      return `2026-11-20 22:34:35.${String(micros).padStart(6, '0')} ${line}\n`;
    })
    .join('');
}

const CONNECT = 'connection=1 Connect export="" tls=0 size=0x4000000 minsize=0x0 write=1';

function decode(text: string, options: DecoderOptions = {}) {
  micros = 0;
  const rows = new RowCollector();
  const decoder = new LogDecoder(rows, options);
  decoder.push(ENCODER.encode(text));
  return {
    decoder,
    lines: rows.lines,
    /** Without the times, which the test has made up. */
    get short(): string[] {
      return rows.lines.map((line) => line.replace(/^\S+ /, '').replace(/ slot=\d+| latency=.*/g, ''));
    },
    get disks(): string[] {
      return rows.disks.map(diskText);
    },
    get notices(): string[] {
      return decoderNotices(decoder.facts).map(({ text }) => text);
    },
  };
}

describe('LogDecoder', () => {
  it('joins a reply with its request, out of order, and measures its latency', () => {
    const { lines } = decode(
      '2026-11-20 23:59:59.999990 connection=3 Connect size=0x1000\n' +
        '2026-11-20 23:59:59.999999 connection=3 Write id=7 offset=0x200 count=0x400 fua=1 ...\n' +
        '2026-11-21 00:00:00.000003 connection=3 Read id=8 offset=0x0 count=0x200 ...\n' +
        '2026-11-21 00:00:00.000010 connection=3 ...Read id=8 return=0\n' +
        '2026-11-21 00:00:00.000020 connection=3 ...Write id=7 return=-1 error=EIO\n',
    );
    expect(lines).toEqual([
      '2026-11-20T23:59:59.999990 Connect disk=0 connection=3',
      '2026-11-20T23:59:59.999999 Request disk=0 connection=3 id=7 slot=0 write 0x200+0x400 Fua',
      '2026-11-21T00:00:00.000003 Request disk=0 connection=3 id=8 slot=1 read 0x0+0x200',
      '2026-11-21T00:00:00.000010 Completion disk=0 connection=3 id=8 slot=1 read 0x0+0x200 ok latency=7',
      '2026-11-21T00:00:00.000020 Completion disk=0 connection=3 id=7 slot=0 write 0x200+0x400 Fua EIO latency=21',
    ]);
  });

  it('keeps offsets of 64 bits and ids past 32 bits exact', () => {
    const { short } = decode(
      log(
        'connection=4294967295 Read id=123456789012345 offset=0xfedcba9876543210 count=0xffffffff ...',
        'connection=4294967295 ...Read id=123456789012345 return=0',
      ),
    );
    expect(short).toEqual([
      'Request disk=0 connection=4294967295 id=123456789012345 read 0xfedcba9876543210+0xffffffff',
      'Completion disk=0 connection=4294967295 id=123456789012345 read 0xfedcba9876543210+0xffffffff ok',
    ]);
  });

  it.each([
    ['0x0', 0n],
    ['0x9', 9n],
    ['0xabc', 0xabcn],
    ['0x1000', 0x1000n],
    ['0xfffff', 0xfffffn],
    ['0x123456', 0x123456n],
    ['0x89abcdef', 0x89abcdefn],
    ['0x1ffffffff', 0x1ffffffffn],
    ['0x7ffffffffffffe00', 0x7ffffffffffffe00n],
    ['0x0000000000000010', 0x10n],
  ])('reads the offset %s', (text, value) => {
    const { short } = decode(log(`connection=1 Read id=1 offset=${text} count=0x1 ...`));
    expect(short).toEqual([`Request disk=0 connection=1 id=1 read 0x${value.toString(16)}+0x1`]);
  });

  it.each(['0x', '0xg', '0x12345678901234567', '0xABC', '12', '0x1:', '0x1`'])(
    'refuses the offset %s',
    (text) => {
      const { lines, notices } = decode(log(CONNECT, `connection=1 Read id=1 offset=${text} count=0x1 ...`));
      expect(lines).toHaveLength(1);
      expect(notices).toEqual(['1 line was not understood: line 2']);
    },
  );

  it('reads a log whose times are unknown: nothing has a latency', () => {
    const { lines } = decode(
      `Time unknown ${CONNECT}\nTime unknown connection=1 Flush id=1 ...\nTime unknown connection=1 ...Flush id=1 return=0\n`,
    );
    expect(lines).toEqual([
      'time unknown Connect disk=0 connection=1',
      'time unknown Request disk=0 connection=1 id=1 slot=0 flush',
      'time unknown Completion disk=0 connection=1 id=1 slot=0 flush ok latency=NaN',
    ]);
  });

  it('never gives a latency below 0 when times run backwards, and counts them', () => {
    const { lines, decoder } = decode(
      '2026-11-20 22:34:35.000005 connection=1 Flush id=1 ...\n2026-11-20 22:34:35.000004 connection=1 ...Flush id=1 return=0\n',
    );
    expect(lines[1]).toMatch(/latency=0$/);
    expect(decoder.facts.timesBackwards).toBe(1);
  });

  it.each([
    ['return=0', 'ok'],
    ['return=0 (Success)', 'ok'],
    ['return=-1 error=EIO', 'EIO'],
    ['return=-1 error=EOVERFLOW', 'EOVERFLOW'],
    ['return=-1 error=ENOTSUP', 'ENOTSUP'],
    ['return=-1 error=ESHUTDOWN', 'ESHUTDOWN'],
    ['return=-1 (ENOMEM)', 'ENOMEM'],
    ['return=-1 (EROFS=>EPERM)', 'EPERM'],
    ['return=-1 (EDQUOT=>ENOSPC)', 'ENOSPC'],
    ['return=-1 (EFBIG=>ENOSPC)', 'ENOSPC'],
    ['return=-1 (Other=>EINVAL)', 'EINVAL'],
    ['return=-1', 'EINVAL'],
  ])('reads the reply %s as %s', (reply, errno) => {
    const { lines } = decode(log('connection=1 Flush id=1 ...', `connection=1 ...Flush id=1 ${reply}`));
    expect(lines[1]).toContain(` flush ${errno} `);
  });

  it.each([
    ["export='a \"b' c' tls=0 size=0x200", 'a "b\' c'],
    ['export="a\\"b\\\\c\\$" tls=0 size=0x200', 'a"b\\c$'],
    ['export="x=y ...Write id=1 size=0x999" tls=0 size=0x200', 'x=y ...Write id=1 size=0x999'],
    ['export=plain tls=0 size=0x200', 'plain'],
    ['size=0x200', ''],
  ])('reads the Connect line of %s', (text, name) => {
    const { disks } = decode(log(`connection=1 Connect ${text} write=1`));
    expect(disks).toEqual([`disk 0 ${JSON.stringify(name)} size=512 highest=0`]);
  });

  it('gives each request the disk that its connection has opened', () => {
    const { short, disks } = decode(
      log(
        'connection=1 Connect export=a tls=0 size=0x1000',
        'connection=2 Connect export=b tls=0 size=0x2000',
        'connection=2 Read id=1 offset=0x0 count=0x200 ...',
        'connection=1 Read id=1 offset=0x0 count=0x200 ...',
        'connection=1 ...Read id=1 return=0',
      ),
    );
    expect(disks).toEqual(['disk 0 "a" size=4096 highest=512', 'disk 1 "b" size=8192 highest=512']);
    expect(short.map((line) => line.slice(0, 20))).toEqual([
      'Connect disk=0 conne',
      'Connect disk=1 conne',
      'Request disk=1 conne',
      'Request disk=0 conne',
      'Completion disk=0 co',
    ]);
  });

  it('tells how far requests reach while the size is unknown, and takes the size from a later Connect', () => {
    const text = log('connection=4 Read id=9 offset=0x10000 count=0x1000 ...');
    const { disks, notices, decoder } = decode(text);
    expect(disks).toEqual(['disk 0 "" size=null highest=69632']);
    expect(notices).toEqual(['1 connection has no Connect line: the head of the log is missing']);
    decoder.push(ENCODER.encode(log('connection=5 Connect export="" tls=0 size=0x4000000')));
    expect(disks).toHaveLength(1);
  });

  it('notices requests beyond the end of the disk', () => {
    const { notices } = decode(
      log(
        CONNECT,
        'connection=1 Read id=1 offset=0x3fff000 count=0x1000 ...',
        'connection=1 Read id=2 offset=0x3fff000 count=0x1001 ...',
        'connection=1 Read id=3 offset=0xffffffffffffffff count=0xffffffff ...',
      ),
    );
    expect(notices).toEqual(['2 requests reach beyond the end of the disk; the first is line 3']);
  });

  it('counts replies without a request', () => {
    const { lines, notices } = decode(
      log(
        CONNECT,
        'connection=1 ...Read id=5 return=0',
        'connection=1 Read id=6 offset=0x0 count=0x1 ...',
        'connection=1 ...Write id=6 return=0',
      ),
    );
    expect(lines).toHaveLength(2);
    expect(notices).toEqual(['2 replies have no request in this log; the first is line 2']);
  });

  it('ends the requests of a connection that goes, and those of a log that ends', () => {
    const { short, decoder } = decode(
      log(
        CONNECT,
        'connection=2 Connect export="" tls=0 size=0x4000000',
        'connection=1 Read id=1 offset=0x0 count=0x200 ...',
        'connection=2 Flush id=1 ...',
        'connection=1 Disconnect transactions=1',
      ),
    );
    expect(short.slice(4)).toEqual([
      'Unanswered disk=0 connection=1 id=1 read 0x0+0x200',
      'Disconnect disk=0 connection=1',
    ]);
    decoder.end();
    expect(decoder.facts.unfinishedEnd).toBe(false);
  });

  it('begins a run at Ready: what waits is over, the picture starts anew, connections are forgotten', () => {
    const { short, decoder } = decode(
      log(
        'Ready thread_model=3',
        CONNECT,
        'connection=1 Read id=1 offset=0x0 count=0x200 ...',
        'Ready thread_model=3',
        CONNECT,
        'connection=1 Read id=1 offset=0x400 count=0x200 ...',
      ),
    );
    expect(short).toEqual([
      'Connect disk=0 connection=1',
      'Request disk=0 connection=1 id=1 read 0x0+0x200',
      'Unanswered disk=0 connection=1 id=1 read 0x0+0x200',
      'ClearPicture disk=0',
      'Connect disk=0 connection=1',
      'Request disk=0 connection=1 id=1 read 0x400+0x200',
    ]);
    expect(decoder.facts.sourceRuns().map(({ lines }) => lines)).toEqual([3, 3]);
  });

  it('begins a run where connection numbers start over without Ready, as up to nbdkit 1.22', () => {
    const { decoder } = decode(
      log(
        'connection=1 Connect size=0x1000',
        'connection=2 Connect size=0x1000',
        'connection=1 Disconnect transactions=0',
        'connection=1 Connect size=0x1000',
        'connection=2 Connect size=0x1000',
      ),
    );
    expect(decoder.facts.sourceRuns().map(({ lines }) => lines)).toEqual([3, 2]);
  });

  it('begins a run where ids start over without a Connect line', () => {
    const { decoder } = decode(
      log(
        'connection=1 Flush id=1 ...',
        'connection=1 ...Flush id=1 return=0',
        'connection=1 Flush id=1 ...',
      ),
    );
    expect(decoder.facts.sourceRuns().map(({ lines }) => lines)).toEqual([2, 1]);
  });

  it('keeps one run when connections open out of order', () => {
    const { decoder } = decode(
      log(
        'connection=3 Connect size=0x1000',
        'connection=2 Connect size=0x1000',
        'connection=1 Connect size=0x1000',
      ),
    );
    expect(decoder.facts.runs).toHaveLength(1);
  });

  it('hands on the rows of one run alone when asked', () => {
    const text = log(
      'Ready thread_model=3',
      'connection=1 Connect export=old tls=0 size=0x1000',
      'connection=1 Flush id=1 ...',
      'Ready thread_model=3',
      'connection=1 Connect export=new tls=0 size=0x1000',
      'connection=1 Trim id=1 offset=0x0 count=0x200 fua=0 ...',
      'Ready thread_model=3',
      'connection=1 Connect export=newest tls=0 size=0x1000',
    );
    const { short, disks, decoder } = decode(text, { run: 1 });
    expect(short).toEqual([
      'Connect disk=0 connection=1',
      'Request disk=0 connection=1 id=1 trim 0x0+0x200',
      'Unanswered disk=0 connection=1 id=1 trim 0x0+0x200',
    ]);
    expect(disks).toEqual(['disk 0 "new" size=4096 highest=512']);
    expect(decoder.facts.runs).toHaveLength(3);
  });

  it('begins a run when told that the file is another, and forgets the unfinished line', () => {
    const { short, decoder, notices } = decode(
      `${log(CONNECT, 'connection=1 Flush id=1 ...')}2026-11-20 22:34:35.1`,
    );
    decoder.startRun();
    decoder.push(ENCODER.encode(log(CONNECT)));
    expect(short.slice(2)).toEqual([]);
    expect(decoder.facts.runs).toHaveLength(2);
    expect(notices).toEqual([]);
  });

  it('gives up the older of two requests with the same connection and id', () => {
    const { short } = decode(log('connection=1 Flush id=2 ...', 'connection=1 Flush id=2 ...'));
    expect(short.map((line) => line.split(' ')[0])).toEqual(['Request', 'Unanswered', 'Request']);
  });

  it('understands the lines that make no row, and counts unknown actions', () => {
    const { lines, notices } = decode(
      log(
        'Ready thread_model=3',
        'Fork',
        'Preconnect id=1 readonly=0 ...',
        '...Preconnect id=1 return=0',
        'ListExports id=1 readonly=0 default_only=0 ...',
        '...ListExports id=1 exports=["",] return=0',
        'connection=1 Frobnicate id=1 offset=0x0 count=0x200 ...',
        'Forked',
      ),
    );
    expect(lines).toEqual([]);
    expect(notices).toEqual(['2 lines were not understood; the first is line 7']);
  });

  it('says that a file of something else is no log', () => {
    const { decoder, notices } = decode('root:x:0:0:root:/root:/bin/bash\n\n');
    expect(notices[0]).toMatch(/^This is no nbdkit log: none of its 2 lines were understood/);
    expect(decoder.facts.sample).toBe('root:x:0:0:root:/root:/bin/bash');
  });

  it('takes an argument it does not know for a line it does not understand, not for a wrong request', () => {
    const { notices } = decode(log(CONNECT, 'connection=1 Read id=1 offset=0x0 count=0x200 speed=9 ...'));
    expect(notices).toEqual(['1 line was not understood: line 2']);
  });

  it('counts a last line without its line feed if it is whole', () => {
    const { decoder, lines } = decode(log('connection=1 Flush id=1 ...').trimEnd());
    expect(lines).toEqual([]);
    decoder.end();
    expect(lines.map((line) => line.split(' ')[1])).toEqual(['Request', 'Unanswered']);
    expect(decoder.facts.unfinishedEnd).toBe(false);
  });

  it('reads the reply of a block status that has more extents than a line may hold', () => {
    const extents = '0x0 0x8000 "hole,zero" '.repeat(5000);
    const text = log(
      CONNECT,
      'connection=1 Extents id=1 offset=0x0 count=0x4000000 req_one=0 ...',
      `connection=1 ...Extents id=1 extents=(${extents}) return=0`,
    );
    for (const pieces of [1, 7]) {
      const rows = new RowCollector();
      const decoder = new LogDecoder(rows);
      const bytes = ENCODER.encode(text);
      const size = Math.ceil(bytes.length / pieces);
      for (let at = 0; at < bytes.length; at += size) decoder.push(bytes.subarray(at, at + size));
      expect(rows.lines[2]).toContain('extents 0x0+0x4000000 ok');
      expect(decoder.facts.tooLong).toBe(0);
    }
  });

  it('gives up the oldest request when more wait than there are slots', () => {
    const batches: EventBatch[] = [];
    const decoder = new LogDecoder({ rows: (batch) => batches.push(batch), disk: () => {} });
    const requests: string[] = ['2026-11-20 22:34:35.000000 connection=1 Connect size=0x1000\n'];
    for (let id = 1; id <= MAX_SLOTS + 3; id += 1) {
      requests.push(`2026-11-20 22:34:35.000000 connection=1 Flush id=${id} ...\n`);
    }
    decoder.push(ENCODER.encode(requests.join('')));
    const given: number[] = [];
    let highestSlot = 0;
    for (const batch of batches) {
      for (let i = 0; i < batch.count; i += 1) {
        highestSlot = Math.max(highestSlot, batch.slot[i] ?? 0);
        if (batch.kind[i] === RowKind.Unanswered && batch.op[i] === Op.Flush)
          given.push(batch.cookieLow[i] ?? 0);
      }
    }
    expect(given).toEqual([1, 2, 3]);
    expect(highestSlot).toBe(MAX_SLOTS - 1);
    expect(decoder.facts.runs).toHaveLength(1);
  });

  it('shows as many exports as a session has disks, and says that there are more', () => {
    const connects = Array.from(
      { length: MAX_DISKS + 2 },
      (_, i) => `connection=${i + 1} Connect export=e${i} tls=0 size=0x1000`,
    );
    const { disks, notices, lines } = decode(
      log(...connects, `connection=${MAX_DISKS + 1} Read id=1 offset=0x0 count=0x1 ...`),
    );
    expect(disks).toHaveLength(MAX_DISKS);
    expect(lines).toHaveLength(MAX_DISKS);
    expect(notices).toEqual(['The log names more than 256 exports; only the first 256 are shown']);
  });
});
