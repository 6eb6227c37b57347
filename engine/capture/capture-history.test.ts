import {
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { batchesOf, rowStream } from '#shared/testing/streams.ts';
import { CaptureHistory } from './capture-history.ts';
import { CaptureReader } from './capture-reader.ts';
import { CaptureWriter } from './capture-writer.ts';
import { plainRows, Recorded, recordedLog, recordedLogs, writeCapture } from './testing/recorded.ts';

const folder = mkdtempSync(join(tmpdir(), 'nbdscope-captures-'));
const cacheDir = join(folder, 'cache');
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
function newPath(): string {
  files += 1;
  return join(folder, `${files}.nbdscope`);
}

/** Few rows apart, so that a recording has many keyframes. */
const SHORT = { cacheDir, keyframeWork: 500 };

async function expectSameAt(capture: CaptureHistory, recorded: Recorded, sequence: number): Promise<void> {
  const sought = await capture.stateAt(sequence);
  const played = await recorded.history.stateAt(sequence);
  expect(Buffer.compare(sought.snapshot(), played.snapshot())).toBe(0);
}

describe('the history in a capture', () => {
  it.each(recordedLogs())('gives the states of %s', async (log) => {
    const recorded = recordedLog(log);
    const path = newPath();
    await writeCapture(path, recorded);
    const capture = await CaptureHistory.open(path, SHORT);
    const { bytes, keyframeBytes, spilledBytes, limitBytes, ...info } = capture.info();
    expect(recorded.history.info()).toMatchObject(info);
    const last = capture.lastSequence;
    for (const sequence of [0, 1, Math.floor(last / 3), last - 1, last, last + 9]) {
      await expectSameAt(capture, recorded, sequence);
    }
    await capture.indexed;
    await expectSameAt(capture, recorded, Math.floor((2 * last) / 3));
    await capture.dispose();
  });

  it('gives the state that playing to there gives, of any stream', async () => {
    await fc.assert(
      fc.asyncProperty(
        rowStream({ disks: 3, sizeBytes: 32n << 20n, minRows: 60, maxRows: 200 }),
        fc.nat(250),
        async (rows, sequence) => {
          const recorded = new Recorded();
          for (const batch of batchesOf(rows, [40])) recorded.rows(batch);
          const path = newPath();
          await writeCapture(path, recorded, 1, 20);
          const capture = await CaptureHistory.open(path, { cacheDir, keyframeWork: 30 });
          await expectSameAt(capture, recorded, sequence);
          const us = rows[Math.min(sequence, rows.length - 1)]?.clockUs ?? 0;
          expect(await capture.sequenceAt(us)).toBe(await recorded.history.sequenceAt(us));
          await capture.dispose();
        },
      ),
      { numRuns: 30 },
    );
  });

  it('begins a part of a session with what was in flight, and answers it', async () => {
    const recorded = recordedLog('fio-randrw-4k-64M/log');
    const path = newPath();
    await writeCapture(path, recorded, 2001);
    const capture = await CaptureHistory.open(path, SHORT);
    expect(capture.firstSequence).toBe(2001);
    const state = await capture.stateAt(capture.lastSequence);
    expect(state.disks[0]?.inFlight.count).toBe(0);
    expect(state.disks[0]?.counters.inFlight).toBe(0);
    const { length } = await plainRows(capture.rows(2001, capture.lastSequence));
    expect(length).toBe(capture.lastSequence - 2000);
    await capture.dispose();
  });

  describe('keeps states in an index', () => {
    const recorded = recordedLog('btrfs-256M/log');

    async function captured(): Promise<string> {
      const path = newPath();
      await writeCapture(path, recorded, 1, 250);
      const capture = await CaptureHistory.open(path, SHORT);
      await capture.indexed;
      expect(capture.indexedShare).toBe(1);
      await capture.dispose();
      return path;
    }

    it('which is made again when it is gone, cut, damaged, or of another capture', async () => {
      const path = await captured();
      const index = `${path}.index`;
      const whole = readFileSync(index);
      for (const spoil of [
        () => rmSync(index),
        () => truncateSync(index, 10),
        () => truncateSync(index, Math.floor(whole.length / 2)),
        () =>
          writeFileSync(
            index,
            whole.map((byte, i) => (i > 100 && i % 97 === 0 ? byte ^ 4 : byte)),
          ),
        () => utimesSync(path, 1, 1),
      ]) {
        writeFileSync(index, whole);
        spoil();
        const capture = await CaptureHistory.open(path, SHORT);
        for (const sequence of [700, 1900, 3600]) await expectSameAt(capture, recorded, sequence);
        await capture.indexed;
        for (const sequence of [700, 1900, 3600]) await expectSameAt(capture, recorded, sequence);
        await capture.dispose();
      }
    });

    it('which is used as far as it goes, and gone on with', async () => {
      const path = await captured();
      const index = `${path}.index`;
      const { size } = statSync(index);
      truncateSync(index, Math.floor(size * 0.6));
      const capture = await CaptureHistory.open(path, SHORT);
      expect(capture.indexedShare).toBeGreaterThan(0);
      expect(capture.indexedShare).toBeLessThan(1);
      await capture.indexed;
      await capture.dispose();
      expect(statSync(index).size).toBe(size);
    });

    it('which leaves a file of somebody else alone, and lies in the cache then', async () => {
      const path = newPath();
      await writeCapture(path, recorded, 1, 250);
      writeFileSync(`${path}.index`, 'shopping list: milk, eggs, and a few things more');
      const capture = await CaptureHistory.open(path, SHORT);
      await capture.indexed;
      expect(readFileSync(`${path}.index`, 'utf8')).toMatch(/^shopping list/);
      expect(capture.info().keyframeBytes).toBeGreaterThan(1000);
      await capture.dispose();
    });

    it('which stays within its limit, with states further apart', async () => {
      const path = newPath();
      await writeCapture(path, recorded, 1, 50);
      const limitBytes = Math.floor(statSync(`${await captured()}.index`).size / 2);
      const capture = await CaptureHistory.open(path, { ...SHORT, keyframeWork: 100, limitBytes });
      await capture.indexed;
      expect(statSync(`${path}.index`).size).toBeLessThanOrEqual(limitBytes);
      await expectSameAt(capture, recorded, 3000);
      await capture.dispose();
    });

    it('but not for a short capture', async () => {
      const path = newPath();
      await writeCapture(path, recorded);
      const capture = await CaptureHistory.open(path, { cacheDir });
      await expectSameAt(capture, recorded, 3000);
      await capture.dispose();
      expect(existsSync(`${path}.index`)).toBe(false);
    });
  });

  it('ends before a batch that is damaged, and says where', async () => {
    const recorded = recordedLog('btrfs-256M/log');
    const target = { path: newPath(), replace: false, producer: 'test' };
    const writer = await CaptureWriter.ofHistory(target, { disks: [], arrays: [] }, recorded.history, 1);
    const ends: number[] = [];
    for (let to = 400; to < 3600; to += 400) {
      await writer.follow(recorded.history, to);
      ends.push(writer.bytes);
    }
    await writer.finish();
    const bytes = readFileSync(target.path);
    const at = (ends[3] ?? 0) - 40;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(target.path, bytes);
    let told = 0;
    const capture = await CaptureHistory.open(target.path, {
      ...SHORT,
      onChanged: () => {
        told += 1;
      },
    });
    const state = await capture.stateAt(3000);
    expect(state.sequence).toBe(1200);
    await expectSameAt(capture, recorded, 1200);
    expect(capture.damage).toEqual({ offset: ends[2], why: expect.stringContaining('checksum') });
    expect(capture.lastSequence).toBe(1200);
    expect(told).toBeGreaterThan(0);
    await capture.dispose();
  });

  it('can be cut at any byte', async () => {
    const recorded = recordedLog('all-ops-10M/log');
    const target = { path: newPath(), replace: false, producer: 'test' };
    const writer = await CaptureWriter.ofHistory(target, { disks: [], arrays: [] }, recorded.history, 1);
    const headBytes = writer.bytes;
    const rowsAt = new Map([[headBytes, 0]]);
    for (const to of [9, 20, recorded.history.lastSequence]) {
      await writer.follow(recorded.history, to);
      rowsAt.set(writer.bytes, to);
    }
    await writer.finish();
    const rows = await plainRows(recorded.history.rows(1, recorded.history.lastSequence));
    for (let cut = statSync(target.path).size - 1; cut >= 0; cut -= 1) {
      truncateSync(target.path, cut);
      const reader = await CaptureReader.open(target.path).catch((error: unknown) => error);
      if (!(reader instanceof CaptureReader)) {
        expect(cut).toBeLessThan(headBytes);
        expect(reader).toBeInstanceOf(RangeError);
        continue;
      }
      const kept = Math.max(0, ...[...rowsAt].filter(([end]) => end <= cut).map(([, row]) => row));
      expect(reader.batches.length === 0 ? 0 : reader.batches.last(reader.batches.length - 1)).toBe(kept);
      expect(reader.isFinished).toBe(false);
      if (cut >= headBytes) expect(reader.damage === null).toBe(rowsAt.has(cut));
      if (rowsAt.has(cut)) {
        const batches = Array.from({ length: reader.batches.length }, (_, batch) => reader.rows(batch));
        expect(await plainRows(await Promise.all(batches))).toEqual(rows.slice(0, kept));
      }
      await reader.close();
    }
  });

  it('may hold anything', async () => {
    const recorded = recordedLog('ext4-blog-64M/log');
    const target = { path: newPath(), replace: false, producer: 'test' };
    const writer = await CaptureWriter.ofHistory(target, { disks: [], arrays: [] }, recorded.history, 1);
    for (let to = 200; to < 1200; to += 200) await writer.follow(recorded.history, to);
    await writer.finish();
    const whole = readFileSync(target.path);
    const path = newPath();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ at: fc.nat(whole.length - 1), byte: fc.nat(255) }), {
          minLength: 1,
          maxLength: 8,
        }),
        fc.option(fc.nat(whole.length)),
        async (changes, cut) => {
          const bytes = Uint8Array.from(whole);
          for (const { at, byte } of changes) bytes[at] = byte;
          writeFileSync(path, cut === null ? bytes : bytes.subarray(0, cut));
          const capture = await CaptureHistory.open(path, SHORT).catch((error: unknown) => error);
          if (!(capture instanceof CaptureHistory)) {
            expect(capture).toBeInstanceOf(RangeError);
            return;
          }
          const state = await capture.stateAt(1100);
          expect(state.sequence).toBeLessThanOrEqual(1100);
          await capture.dispose();
        },
      ),
      { numRuns: 150 },
    );
  });
});
