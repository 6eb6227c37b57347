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
import { ByteWriter } from '#shared/bytes/binary.ts';
import { EventBatch } from '#shared/events/event-batch.ts';
import { hasText, RowKind } from '#shared/events/vocabulary.ts';
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

/** Whether any row is of any of the blocks of the first disk, looked at one by one. */
async function touchesBlocks(rows: AsyncIterable<EventBatch>, first: number, end: number): Promise<boolean> {
  let found = false;
  for await (const batch of rows) {
    for (let i = 0; i < batch.count; i += 1) {
      if (hasText(batch.kind[i]) || batch.disk[i] !== 0) continue;
      const offset = (batch.offsetHigh[i] ?? 0) * 2 ** 32 + (batch.offsetLow[i] ?? 0);
      const length = batch.lengthLow[i] ?? 0;
      found ||= length > 0 && offset < end * 4096 && offset + length > first * 4096;
    }
  }
  return found;
}

describe('the history in a capture', () => {
  it.each(recordedLogs())('gives the states of %s', async (log) => {
    const recorded = recordedLog(log);
    const path = newPath();
    await writeCapture(path, recorded);
    const capture = await CaptureHistory.open(path, SHORT);
    const { bytes, keyframeBytes, spilledBytes, limitBytes, countedShare, ...info } = capture.info();
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
      expect(capture.info().countedShare).toBe(capture.indexedShare);
      await capture.indexed;
      expect(capture.info().countedShare).toBe(1);
      await capture.dispose();
      expect(statSync(index).size).toBe(size);
    });

    it('which is made again when its pages turn out to be damaged, and said to be', async () => {
      const path = await captured();
      const index = `${path}.index`;
      const whole = readFileSync(index);
      // Heads stay as they are: only somebody who looks at a page can tell.
      const at = whole.lastIndexOf(Uint8Array.of(0x4e, 0x42, 0x49, 0x52));
      const spoilt = whole.map((byte, i) => (i > at / 2 && i % 7 === 0 ? byte ^ 4 : byte));
      for (let record = whole.indexOf('NBIR'); record >= 0; record = whole.indexOf('NBIR', record + 4)) {
        const factsBytes = whole.readUInt32LE(record + 4);
        whole.copy(spoilt, record, record, record + 32 + factsBytes);
      }
      // What was counted is read when the capture is opened.
      whole.copy(spoilt, at, at);
      writeFileSync(index, spoilt);
      const capture = await CaptureHistory.open(path, SHORT);
      expect(capture.indexedShare).toBe(1);
      (await capture.stateAt(3600)).snapshot();
      expect(capture.indexTrouble).toMatch(/damaged/);
      await capture.indexed;
      for (const sequence of [700, 1900, 3600]) await expectSameAt(capture, recorded, sequence);
      await capture.dispose();
      expect(Buffer.compare(readFileSync(index), whole)).toBe(0);
    });

    it('with which timelines and blocks are told as the session itself tells them', async () => {
      const { history } = recorded;
      const path = await captured();
      for (const isAgain of [false, true]) {
        const capture = await CaptureHistory.open(path, SHORT);
        if (!isAgain) expect(capture.activity).not.toBeNull();
        await capture.counted(new AbortController().signal);
        const [kept, own] = [new ByteWriter(), new ByteWriter()];
        capture.activity?.write(kept);
        history.activity.write(own);
        expect(Buffer.compare(kept.finish(), own.finish())).toBe(0);
        for (const block of [0, 100, 8_192, 16_500, 40_000]) {
          const may: boolean[] = [];
          const does: boolean[] = [];
          for (const { firstSequence, lastSequence, mayTouch } of capture.chunks()) {
            may.push(await mayTouch(0, block, block + 8));
            const rows = history.rows(firstSequence, lastSequence);
            does.push(await touchesBlocks(rows, block, block + 8));
          }
          expect(may).toEqual(does);
        }
        await capture.dispose();
        rmSync(`${path}.index`);
      }
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

  it.each([
    ['slot', { slot: 0xffff_fff0, disk: 0 }],
    ['disk', { slot: 3, disk: 256 }],
  ])('takes a row with a %s that there cannot be for damage', async (what, place) => {
    const target = { path: newPath(), replace: false, producer: 'test' };
    const writer = await CaptureWriter.create(target, { disks: [], arrays: [] }, null, 1);
    for (const [first, row] of [
      [1, { slot: 3, disk: 0 }],
      [2, place],
    ] as const) {
      const batch = new EventBatch(1);
      batch.push({ ...row, kind: RowKind.Request, timeUs: 1e15, clockUs: 1e15, lengthBytes: 4096 });
      batch.firstSequence = first;
      await writer.put(batch);
      await writer.flush();
    }
    await writer.finish();
    const capture = await CaptureHistory.open(target.path, { cacheDir });
    expect((await capture.stateAt(2)).sequence).toBe(1);
    expect(capture.damage?.why).toContain(what);
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
