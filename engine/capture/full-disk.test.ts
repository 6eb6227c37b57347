import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { EventBatch } from '#shared/events/event-batch.ts';
import { Op, RowKind } from '#shared/events/vocabulary.ts';
import { SmallDisk } from '../testing/small-disk.ts';
import { CaptureDesk } from './capture-desk.ts';
import { CaptureHistory } from './capture-history.ts';
import { NO_SESSION } from './capture-session.ts';
import { Recorded } from './testing/recorded.ts';

const BEGIN_US = Date.UTC(2026, 4, 1, 22, 20, 0) * 1000;
const DISK_BYTES = 128 * 1024;

it('a full disk ends the recording to it and nothing else; what was written opens, to where the notice says', async ({
  skip,
}) => {
  using disk = SmallDisk.mount(DISK_BYTES);
  if (disk === null) return skip('a small disk to fill takes Linux and root');
  const recorded = new Recorded();
  const notices: string[] = [];
  const kept = () => ({
    history: recorded.history,
    session: NO_SESSION,
    structures: [],
    sequence: recorded.session.state.sequence,
    isLive: true,
    edits: [],
  });
  const desk = new CaptureDesk(kept, 'test', {
    changed: () => {},
    notice: (_key, level, text) => notices.push(`${level}: ${text}`),
  });
  const path = join(disk.folder, 'full.nbdscope');
  await desk.start(path, true, false);
  for (let n = 0; n < 1_000 && notices.length === 0; n += 1) {
    recorded.rows(reads(n));
    await desk.flush();
  }
  expect(notices).toHaveLength(1);
  expect(notices[0]).toContain(`error: the recording to ${path} has stopped: ENOSPC`);
  expect(desk.info.recording).toBeNull();
  expect(statSync(path).size).toBeLessThanOrEqual(DISK_BYTES);

  // What is recorded from goes on.
  const { lastSequence } = recorded.history;
  recorded.rows(reads(1_000));
  expect(recorded.history.lastSequence).toBe(lastSequence + 40);

  const capture = await CaptureHistory.open(path, { cacheDir: disk.folder });
  expect(capture.damage).toBeNull();
  expect(capture.lastSequence).toBeGreaterThan(0);
  expect(capture.lastSequence).toBeLessThan(lastSequence);
  const lastUs = capture.info().lastUs ?? Number.NaN;
  const reach = new Date(lastUs / 1000).toISOString().slice(11, 23);
  expect(notices[0]).toContain(`It reaches to ${reach} UTC, and can be opened`);
  await capture.dispose();
  await desk.dispose();
  expect(notices).toHaveLength(1);
});

/** Twenty reads and their replies, in the tenth of a second of that number. */
function reads(tenth: number): EventBatch {
  const batch = new EventBatch(40);
  for (let i = 0; i < 20; i += 1) {
    const timeUs = BEGIN_US + tenth * 100_000 + i * 1_000;
    const row = {
      op: Op.Read,
      slot: i,
      cookie: tenth * 20 + i,
      offsetBytes: 4096 * i,
      lengthBytes: 4096,
      timeUs,
    };
    batch.push({ ...row, kind: RowKind.Request });
    batch.push({ ...row, kind: RowKind.Completion, latencyUs: 5 });
  }
  return batch;
}
