import { describe, expect, it } from 'vitest';
import { EventBatch } from '#shared/events/event-batch.ts';
import { Op, RowKind } from '#shared/events/vocabulary.ts';
import { DEFAULT_HISTORY, SessionHistory } from '../history/session-history.ts';
import { OfflineSession } from '../stats/offline-session.ts';
import { Playback } from './playback.ts';

/** A session that keeps little of what goes on. */
class Busy {
  readonly session = new OfflineSession();
  readonly history = new SessionHistory(this.session.state, {
    ...DEFAULT_HISTORY,
    keyframeWork: 500,
    limitBytes: 60_000,
  });

  /** So many writes all over a small disk, and their replies. */
  writes(count: number): void {
    for (let n = 0; n < count; n += 50) {
      const batch = new EventBatch(100);
      for (let i = 0; i < 50; i += 1) {
        const cookie = this.session.state.sequence + i;
        const offsetBytes = ((cookie * 48_271) % 4_099) * 4096;
        const row = { op: Op.Write, slot: 0, cookie, offsetBytes, lengthBytes: 4096 };
        const timeUs = 1_780_000_000_000_000 + cookie * 1000;
        batch.push({ ...row, kind: RowKind.Request, timeUs });
        batch.push({ ...row, kind: RowKind.Completion, timeUs: timeUs + 7, latencyUs: 7 });
      }
      this.session.rows(batch);
      this.history.append(batch, this.session.state);
    }
  }
}

describe('a playback', () => {
  const { signal } = new AbortController();

  it.each([
    ['before any of them was read', 0],
    ['while they are read', 1],
  ])('says so when its rows leave the history %s', async (_when, batches) => {
    const busy = new Busy();
    const { history } = busy;
    busy.writes(2_000);
    const playback = new Playback(() => history, await history.stateAt(history.firstSequence));
    for (let n = 0; n < batches; n += 1) {
      expect(await playback.next(signal)).toBeGreaterThan(0);
      while (playback.take(Number.POSITIVE_INFINITY, 1000) !== null);
    }
    const { sequence } = playback.state;
    busy.writes(20_000);
    expect(history.firstSequence).toBeGreaterThan(sequence + 1);
    expect(await playback.next(signal)).toBe('gone');
    expect(playback.state.sequence).toBe(sequence);
  });
});
