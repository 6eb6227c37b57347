import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EventBatch } from '#shared/events/event-batch.ts';
import { SessionState } from '#shared/model/session-state.ts';
import { batchesOf, rowStream } from '#shared/testing/streams.ts';
import { visible } from '#shared/testing/visible-state.ts';
import { LogDecoder } from '../log/log-decoder.ts';
import { OfflineSession } from '../stats/offline-session.ts';
import { SessionHistory } from './session-history.ts';

const RECORDINGS = resolve(import.meta.dirname, '../../assets/recordings');
const PIECE_BYTES = 64 * 1024;

/** Every log among the recordings. */
function logs(folder = RECORDINGS): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return logs(path);
    return /^log|[.]log/.test(entry.name) ? [path] : [];
  });
}

/** A session with a history, to which batches are given whose clocks are not yet set. */
class Recorded {
  readonly session = new OfflineSession();
  readonly history = new SessionHistory(this.session.state);

  rows(batch: EventBatch): undefined {
    this.session.rows(batch);
    this.history.append(batch, this.session.state);
  }
}

async function expectSame(history: SessionHistory, sequence: number, played: SessionState): Promise<void> {
  const sought = await history.stateAt(sequence);
  expect(sought.snapshot()).toEqual(played.snapshot());
  expect(visible(sought)).toEqual(visible(played));
  expect(sought.budget.usedBytes).toBe(played.budget.usedBytes);
}

describe('the history of a session', () => {
  it('gives the state that playing to there gives', async () => {
    await fc.assert(
      fc.asyncProperty(
        rowStream({ disks: 3, sizeBytes: 32n << 20n, minRows: 60, maxRows: 200 }),
        fc.nat(250),
        async (rows, sequence) => {
          const recorded = new Recorded();
          for (const batch of batchesOf(rows, [40, 2])) recorded.rows(batch);
          const played = new OfflineSession();
          for (const batch of batchesOf(rows.slice(0, sequence), [7])) played.rows(batch);
          await expectSame(recorded.history, sequence, played.state);
        },
      ),
      { numRuns: 30 },
    );
  });

  it.each(logs().map((log) => [log.slice(RECORDINGS.length + 1), log]))('seeks in %s', async (_name, log) => {
    const recorded = new Recorded();
    const decoder = new LogDecoder({ rows: (batch) => recorded.rows(batch), disk: () => {} });
    const bytes = readFileSync(log);
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) decoder.push(bytes.subarray(at, at + PIECE_BYTES));
    decoder.end();
    const played = new SessionState();
    for await (const rows of recorded.history.rows(1, recorded.history.lastSequence)) {
      played.apply(rows);
      await expectSame(recorded.history, played.sequence, played);
    }
    expect(played.sequence).toBe(recorded.session.state.sequence);
    await expectSame(recorded.history, played.sequence, recorded.session.state);
  });
});
