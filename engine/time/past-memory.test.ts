import { describe, expect, it } from 'vitest';
import type { Channel } from '#shared/channel/channel.ts';
import type { Message } from '#shared/contract/messages.ts';
import { EventBatch } from '#shared/events/event-batch.ts';
import { Op, RowKind } from '#shared/events/vocabulary.ts';
import { DEFAULT_HISTORY, SessionHistory } from '../history/session-history.ts';
import { WindowFeed } from '../session/window-feed.ts';
import { OfflineSession } from '../stats/offline-session.ts';
import { PastMemory } from './past-memory.ts';
import { type Watched, WindowView } from './window-view.ts';

/** Rows of a session that writes a block of one page after another: the picture grows with each. */
function recorded(pages: number): { readonly session: OfflineSession; readonly history: SessionHistory } {
  const session = new OfflineSession();
  const history = new SessionHistory(session.state, DEFAULT_HISTORY);
  for (let page = 0; page < pages; page += 1) {
    const batch = new EventBatch(2);
    const row = { op: Op.Write, slot: 0, offsetBytes: page * 0x40_0000, lengthBytes: 4096 };
    const timeUs = 1_780_000_000_000_000 + page * 1000;
    batch.push({ ...row, kind: RowKind.Request, timeUs });
    batch.push({ ...row, kind: RowKind.Completion, timeUs: timeUs + 5, latencyUs: 5 });
    session.rows(batch);
    history.append(batch, session.state);
  }
  return { session, history };
}

/** A window that takes whatever it is sent, and its place in time. */
class Viewer {
  readonly refused: string[] = [];
  readonly view: WindowView;

  constructor(watched: Watched) {
    const channel: Channel = { send: () => {}, onFrame: () => {}, onClose: () => {}, close: () => {} };
    const feed: WindowFeed = new WindowFeed(channel, () => this.view.state);
    this.view = new WindowView(feed, watched, (message: Message) => {
      if (message.message === 'refused') this.refused.push(message.text);
    });
    this.view.begin(null, 'live');
  }

  seek(sequence: number): void {
    this.view.carryOut({ command: 'seek', to: { sequence } });
  }
}

const PAGES = 400;
const ROWS = PAGES * 2;

function watchedWithin(limitBytes: number): Watched {
  const { session, history } = recorded(PAGES);
  return {
    history,
    historyId: 'one',
    state: session.state,
    growth: 'over',
    holdsEnd: true,
    memory: new PastMemory(limitBytes),
  };
}

/** Room for one picture of the end, and for another of the beginning. */
const ONE_AND_A_LITTLE = 24 * 2 ** 20;

describe('the memory of windows that show the past', () => {
  it('has room for one window, whatever that takes', async () => {
    const one = new Viewer(watchedWithin(1));
    one.seek(ROWS);
    await expect.poll(() => one.view.isLive).toBe(false);
    expect(one.refused).toEqual([]);
    one.view.dispose();
  });

  it('is refused to a window for which others leave no room, which stays where it is', async () => {
    const watched = watchedWithin(ONE_AND_A_LITTLE);
    const [one, other] = [new Viewer(watched), new Viewer(watched)];
    one.seek(ROWS);
    await expect.poll(() => one.view.isLive).toBe(false);
    other.seek(ROWS - 1);
    await expect.poll(() => other.refused.length).toBe(1);
    expect(other.refused[0]).toMatch(/another window shows the past, and .* are taken; close one/);
    expect(other.view.isLive).toBe(true);
    for (const { view } of [one, other]) view.dispose();
    expect(watched.memory.bytes).toBe(0);
  });

  it('is given back when a window goes live or away, and is there for the next then', async () => {
    const watched = watchedWithin(ONE_AND_A_LITTLE);
    const [one, other, third] = [new Viewer(watched), new Viewer(watched), new Viewer(watched)];
    one.seek(ROWS);
    await expect.poll(() => one.view.isLive).toBe(false);
    one.view.carryOut({ command: 'goLive' });
    expect(watched.memory.bytes).toBe(0);
    other.seek(ROWS);
    await expect.poll(() => other.view.isLive).toBe(false);
    other.view.dispose();
    third.seek(ROWS);
    await expect.poll(() => third.view.isLive).toBe(false);
    expect([...one.refused, ...other.refused, ...third.refused]).toEqual([]);
    for (const { view } of [one, third]) view.dispose();
  });

  it.each([
    ['plays', { command: 'play', playing: true, speed: 0 }],
    ['is sent', { command: 'seek', to: { sequence: ROWS - 1 } }],
  ] as const)('stops a window that %s into more than there is on its way', async (_what, command) => {
    const watched = watchedWithin(ONE_AND_A_LITTLE);
    const [one, other] = [new Viewer(watched), new Viewer(watched)];
    one.seek(ROWS);
    await expect.poll(() => one.view.isLive).toBe(false);
    other.seek(4);
    await expect.poll(() => other.view.state.sequence).toBe(4);
    other.view.carryOut(command);
    await expect.poll(() => other.refused.length).toBe(1);
    expect(other.view.isLive).toBe(false);
    const { sequence } = other.view.state;
    expect(sequence).toBeGreaterThan(4);
    for (const { view } of [one, other]) view.dispose();
  });
});
