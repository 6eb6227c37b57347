import { mkdtempSync, readdirSync, readlinkSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EventBatch } from '#shared/events/event-batch.ts';
import { Op, RowKind } from '#shared/events/vocabulary.ts';
import { historyNotices } from '../session/history-notices.ts';
import { OfflineSession } from '../stats/offline-session.ts';
import { SmallDisk } from '../testing/small-disk.ts';
import { DEFAULT_HISTORY, SessionHistory, type SessionHistoryOptions } from './session-history.ts';

const CUT = "the history's file was cut";

/** A session that goes on, with what it tells of its history. */
class Going {
  readonly session = new OfflineSession();
  readonly history: SessionHistory;
  readonly notices: { key: string; text: string }[] = [];
  #next = 0;

  constructor(options: Partial<SessionHistoryOptions>) {
    const all = { ...DEFAULT_HISTORY, keyframeWork: 500, memoryBytes: 4_000, ...options };
    this.history = new SessionHistory(
      this.session.state,
      all,
      historyNotices(all, (notice) => this.notices.push(notice)),
    );
  }

  /** Writes of a block each, all over a small disk, and their replies. */
  goOn(batches: number): void {
    for (let b = 0; b < batches; b += 1) {
      const batch = new EventBatch(100);
      for (let n = 0; n < 50; n += 1, this.#next += 1) {
        const at = (this.#next * 48_271) % 4_099;
        const row = { op: Op.Write, slot: 0, cookie: this.#next, offsetBytes: at * 4096, lengthBytes: 4096 };
        const timeUs = 1_780_000_000_000_000 + this.#next * 1000;
        batch.push({ ...row, kind: RowKind.Request, timeUs });
        batch.push({ ...row, kind: RowKind.Completion, timeUs: timeUs + at, latencyUs: at });
      }
      this.session.rows(batch);
      this.history.append(batch, this.session.state);
    }
  }

  async expectSameEnd(): Promise<void> {
    const { state } = this.session;
    const end = await this.history.stateAt(state.sequence);
    expect(Buffer.compare(end.snapshot(), state.snapshot())).toBe(0);
  }
}

describe('a running history', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'nbdscope-spill-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it.skipIf(process.platform !== 'linux')(
    'goes on when its file is cut, and says that what lay there cannot be read',
    async () => {
      const going = new Going({ directory: folder });
      going.goOn(100);
      await expect.poll(() => going.history.info().spilledBytes).toBeGreaterThan(10_000);
      // The file has no name to delete any more; its descriptor has one here.
      const files = readdirSync('/proc/self/fd').filter((fd) => isWithin(fd, folder));
      expect(files.length).toBeGreaterThan(0);
      for (const fd of files) truncateSync(`/proc/self/fd/${fd}`, 0);
      expect(going.notices).toEqual([]);

      const early = await going.history.stateAt(100).catch((error: unknown) => error);
      if (early instanceof Error) expect(early.message).toContain(CUT);
      else expect(going.notices).toMatchObject([{ key: 'history-read' }]);
      const read = async (): Promise<void> => {
        for await (const _ of going.history.rows(1, 100)) expect.fail('there are no rows any more');
      };
      await expect(read()).rejects.toThrow(CUT);

      going.goOn(200);
      await going.expectSameEnd();
      expect(going.history.lastSequence).toBe(30_000);
      // What is written behind the cut leaves nothing but zeros before it: no rows either.
      await expect(read()).rejects.toThrow();
      expect(going.notices.filter(({ key }) => key === 'history-write')).toEqual([]);
      going.history.dispose();
    },
  );

  it('gives back all that it held', async () => {
    const going = new Going({ directory: folder });
    going.goOn(100);
    await expect.poll(() => going.history.info().spilledBytes).toBeGreaterThan(10_000);
    const { bytes, keyframeBytes } = going.history.info();
    expect(Math.min(bytes, keyframeBytes)).toBeGreaterThan(0);
    going.history.dispose();
    await expect.poll(() => going.history.info().spilledBytes).toBe(0);
    expect(going.history.info()).toMatchObject({ keyframeBytes: 0, spilledBytes: 0 });
    if (process.platform === 'linux') {
      await expect.poll(() => readdirSync('/proc/self/fd').filter((fd) => isWithin(fd, folder))).toEqual([]);
    }
  });

  it('goes on in memory when the disk of its cache is full, and loses only the oldest', async ({ skip }) => {
    using disk = SmallDisk.mount(64 * 1024);
    if (disk === null) return skip('a small disk to fill takes Linux and root');
    const going = new Going({ directory: disk.folder, memoryLimitBytes: 100_000 });
    for (let n = 0; n < 400 && going.notices.length === 0; n += 1) {
      going.goOn(5);
      await new Promise(setImmediate);
    }
    expect(going.notices).toMatchObject([
      { key: 'history-write', detail: expect.stringContaining('ENOSPC') },
    ]);
    expect(going.notices[0]?.text).toContain(`cannot be written to ${disk.folder}: it goes on in memory`);
    const then = going.history.info();
    expect(then.spilledBytes).toBeGreaterThan(0);

    going.goOn(1_000);
    await going.expectSameEnd();
    expect(going.notices.map(({ key }) => key)).toEqual(['history-write', 'history-dropped']);
    const { firstSequence, lastSequence, bytes, keyframeBytes, limitBytes } = going.history.info();
    expect(firstSequence).toBeGreaterThan(1);
    expect(bytes + keyframeBytes).toBeLessThanOrEqual(limitBytes);
    let rows = 0;
    for await (const batch of going.history.rows(firstSequence, lastSequence)) rows += batch.count;
    expect(rows).toBe(lastSequence - firstSequence + 1);
    going.history.dispose();
  });
});

/** Whether a descriptor of this process is of a file in a folder, also of one without a name. */
function isWithin(fd: string, folder: string): boolean {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`).startsWith(`${folder}/`);
  } catch {
    // The one that lists them is gone already.
    return false;
  }
}
