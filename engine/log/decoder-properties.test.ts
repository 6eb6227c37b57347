import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OfflineSession } from '#engine/stats/offline-session.ts';
import { RECORDINGS } from './golden/make-golden.ts';
import { LogDecoder } from './log-decoder.ts';
import { diskText, RowCollector } from './row-text.ts';

/** What a log decodes to, taken in pieces that end at `cuts`. */
function decode(bytes: Uint8Array, cuts: readonly number[], batchRows = 64): unknown {
  const rows = new RowCollector();
  const decoder = new LogDecoder(rows, { batchRows });
  let from = 0;
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    decoder.push(bytes.slice(from, cut));
    from = Math.max(from, cut);
  }
  decoder.push(bytes.slice(from));
  decoder.end();
  return { lines: rows.lines, disks: rows.disks.map(diskText), facts: { ...decoder.facts } };
}

/** Decodes into a real state: slots, disks and numbers out of range would throw there. */
function apply(bytes: Uint8Array): OfflineSession {
  const session = new OfflineSession();
  const decoder = new LogDecoder(session);
  decoder.push(bytes);
  decoder.end();
  return session;
}

const ENCODER = new TextEncoder();
const LOGS = [
  'legacy/all-ops-nbdkit-1.8.0.log',
  'legacy/all-ops-nbdkit-1.16.0.log',
  'legacy/all-ops-nbdkit-1.42.3.log',
  'legacy/errors-nbdkit-1.16.0.log',
  'legacy/errors-nbdkit-1.24.0.log',
  'daemon-exports/log',
  'bad/real-truncated-in-place.log',
].map((name) => readFileSync(join(RECORDINGS, name)));
const aLog = fc.constantFrom(...LOGS);
/** Pieces of log lines, so that random text comes near the grammar. */
const nearLines = fc
  .array(
    fc.constantFrom(
      '2026-11-20 22:34:35.204492 ',
      'Time unknown ',
      'connection=1 ',
      'connection=4294967296 ',
      'Read id=1 offset=0x0 count=0x200',
      'Write id=2',
      '...Write id=2',
      ' offset=0xffffffffffffffff',
      ' count=0x1',
      ' fua=1',
      ' ...',
      ' return=0',
      ' return=-1 error=EIO',
      ' return=-1 (EROFS=>EPERM)',
      'Connect export="a\\"b" tls=0 size=0x1000',
      'Disconnect transactions=1',
      'Ready thread_model=3',
      ' extents=(',
      '\r',
      '\n',
      '\n',
      '\0\0',
      'é',
    ),
    { maxLength: 60 },
  )
  .map((parts) => ENCODER.encode(parts.join('')));

describe('any log', () => {
  it('decodes whatever its bytes are, without throwing', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 4096 }), nearLines), (bytes) => {
        apply(bytes);
      }),
      { numRuns: 250 },
    );
  });

  it('decodes when a real log has been changed anywhere', () => {
    const change = fc.record({ at: fc.nat(8000), byte: fc.integer({ min: 0, max: 255 }) });
    fc.assert(
      fc.property(aLog, fc.array(change, { maxLength: 20 }), (log, changes) => {
        const bytes = Uint8Array.from(log);
        for (const { at, byte } of changes) bytes[at % bytes.length] = byte;
        const session = apply(bytes);
        for (const disk of session.disks.values()) {
          expect(session.state.disk(disk.index).counters.inFlight).toBe(0);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('gives the same rows however its bytes are cut into pieces', () => {
    const cuts = fc.array(fc.nat(8000), { maxLength: 12 });
    fc.assert(
      fc.property(fc.oneof(aLog, nearLines), cuts, (bytes, places) => {
        const inside = places.map((place) => Math.min(place, bytes.length));
        expect(decode(bytes, inside)).toEqual(decode(bytes, []));
      }),
      { numRuns: 150 },
    );
  });

  it('gives the same rows byte by byte', () => {
    for (const log of LOGS) {
      const everywhere = Array.from({ length: log.length }, (_, i) => i);
      expect(decode(log, everywhere)).toEqual(decode(log, []));
    }
  });

  it('gives the same rows for lines around the longest that is kept, however cut', () => {
    const head = '2026-11-20 22:34:35.204492 connection=1 ';
    const text = (length: number): Uint8Array => {
      const extents = `...Extents id=1 extents=(${'0x0 '.repeat(30_000)}`.slice(0, length - head.length - 9);
      return ENCODER.encode(
        `${head}Extents id=1 offset=0x0 count=0x1000 req_one=0 ...\n${head}${extents} return=0\n${'x'.repeat(length)}\nz\n`,
      );
    };
    for (const length of [65_534, 65_535, 65_536, 65_537, 65_600, 80_000]) {
      const bytes = text(length);
      const whole = decode(bytes, []);
      for (const cut of [100, 200, 65_630, 65_640, 66_000, 131_200]) {
        expect(decode(bytes, [cut, cut + 64, cut + 1000])).toEqual(whole);
      }
    }
  });
});
