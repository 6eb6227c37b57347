import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameType } from '#shared/channel/frame.ts';
import type { SampleId } from '#shared/contract/samples.ts';
import { FASTEST } from '#shared/contract/time.ts';
import type { EventBatch } from '#shared/events/event-batch.ts';
import { Op, RowKind } from '#shared/events/vocabulary.ts';
import { batchesOf, rowStream, type StreamRow } from '#shared/testing/streams.ts';
import { visible } from '#shared/testing/visible-state.ts';
import { until, type WatchedWindow, Watching } from './watching.ts';

const T0 = 1_780_000_000_000_000;
const SECOND_US = 1_000_000;

/** Writes of a block each with their replies, from block `first` on, `gapUs` apart. */
function writes(count: number, { first = 0, gapUs = 1000 } = {}): EventBatch[] {
  const rows: StreamRow[] = [];
  for (let i = 0; i < count; i += 1) {
    const at = { op: Op.Write, slot: 0, offsetBytes: (first + i) * 4096, lengthBytes: 4096 };
    const timeUs = T0 + (first + i) * gapUs;
    rows.push({ ...at, kind: RowKind.Request, timeUs });
    rows.push({ ...at, kind: RowKind.Completion, timeUs: timeUs + 10, latencyUs: 10 });
  }
  return batchesOf(rows, [5000]);
}

/** The window shows what every row up to there leads to, and nothing else. */
async function expectPlayed(watching: Watching, window: WatchedWindow): Promise<void> {
  await window.settled();
  const { state } = window.session;
  expect(visible(state)).toEqual(visible(await watching.played(state.sequence)));
}

type Step =
  | { readonly do: 'seek'; readonly part: number }
  | { readonly do: 'seekUs'; readonly part: number }
  | { readonly do: 'step'; readonly by: 1 | -1 }
  | { readonly do: 'play'; readonly fast: boolean }
  | { readonly do: 'goLive' }
  | { readonly do: 'hide' }
  | { readonly do: 'record' };

const part = fc.double({ min: 0, max: 1, noNaN: true });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('seek' as const), part }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('seekUs' as const), part }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('step' as const), by: fc.constantFrom(1, -1) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('play' as const), fast: fc.boolean() }) },
  fc.constant({ do: 'goLive' as const }),
  fc.constant({ do: 'hide' as const }),
  { weight: 2, arbitrary: fc.constant({ do: 'record' as const }) },
);

async function carryOut(watching: Watching, window: WatchedWindow, done: Step): Promise<void> {
  const { history } = watching.engine.past;
  if (history === null) throw new Error('nothing was recorded');
  const { firstSequence, lastSequence } = history;
  const { firstUs, lastUs } = history.info();
  switch (done.do) {
    case 'seek': {
      const sequence = firstSequence - 1 + Math.round(done.part * (lastSequence - firstSequence + 1));
      const view = await window.session.seek({ sequence });
      expect([view.mode, view.sequence, window.session.state.sequence]).toEqual(['past', sequence, sequence]);
      return;
    }
    case 'seekUs': {
      const us = Math.round((firstUs ?? 0) + done.part * ((lastUs ?? 0) - (firstUs ?? 0)));
      const view = await window.session.seek({ us });
      expect(view).toMatchObject({ mode: 'past', positionUs: us, sequence: await history.sequenceAt(us) });
      expect(window.session.nowUs()).toBe(us);
      return;
    }
    case 'step': {
      const wasLive = window.view.mode === 'live';
      const view = await window.tell({ command: 'step', by: done.by });
      if (wasLive && done.by === 1) expect(view.mode).toBe('live');
      return;
    }
    case 'play': {
      if (window.view.mode === 'live') await window.session.seek({ sequence: firstSequence });
      await window.tell({ command: 'play', playing: true, speed: done.fast ? FASTEST : 1000 });
      await until(() => window.view.mode === 'live' || window.view.ended, window);
      return;
    }
    case 'goLive':
      expect((await window.tell({ command: 'goLive' })).mode).toBe('live');
      await until(() => window.session.state.sequence === watching.engine.session.state.sequence, window);
      return;
    case 'hide':
      window.session.setHidden(true);
      window.session.setHidden(false);
      await new Promise((resolve) => setTimeout(resolve, 5));
      return;
    case 'record':
      return;
  }
}

describe("a window's view of the past", () => {
  it('shows after any way through a stream what playing to there shows, while rows are added', async () => {
    await fc.assert(
      fc.asyncProperty(
        rowStream({ disks: 3, sizeBytes: 64n << 20n, minRows: 40, maxRows: 160 }),
        fc.array(step, { minLength: 4, maxLength: 14 }),
        async (rows, steps) => {
          await using watching = new Watching();
          const batches = batchesOf(rows, [Math.ceil(rows.length / 2), 9]);
          const first = batches.shift();
          if (first === undefined) return;
          await watching.hand.rows([first]);
          const window = await watching.window();
          for (const done of steps) {
            if (done.do === 'record') {
              const live = window.view.mode === 'live';
              await watching.hand.rows(batches.splice(0, 1));
              if (live)
                await until(
                  () => window.session.state.sequence === watching.engine.session.state.sequence,
                  window,
                );
              else await expectPlayed(watching, window);
              continue;
            }
            await carryOut(watching, window, done);
            if (window.view.mode === 'past') await expectPlayed(watching, window);
          }
          window.close();
        },
      ),
      // What fails fails by waiting: trying smaller ways would take hours.
      { numRuns: 25, endOnFailure: true },
    );
  });

  it.each<SampleId>(['ext4', 'raid5'])(
    'is the same however a moment of the %s recording is come to',
    async (sample) => {
      await using watching = new Watching();
      await watching.engine.openSample(sample);
      const window = await watching.window();
      expect(window.view).toMatchObject({ mode: 'past', playing: true, speed: 1 });
      await window.tell({ command: 'play', playing: false });
      await until(() => watching.engine.past.growth === 'over', window);
      const { firstSequence = 0, lastSequence = 0 } = watching.engine.past.history ?? {};
      const rows = lastSequence - firstSequence + 1;
      for (const part of [0.9, 0.1, 0.100_5, 0, 0.5]) {
        await window.session.seek({ sequence: firstSequence - 1 + Math.round(part * rows) });
        await expectPlayed(watching, window);
      }
      await window.tell({ command: 'play', playing: true, speed: FASTEST });
      await until(() => window.view.ended, window);
      await expectPlayed(watching, window);
      expect(window.view).toMatchObject({ mode: 'past', playing: false, sequence: lastSequence });
      window.close();
    },
  );

  it('stands still at requests, one after another and back', async () => {
    await using watching = new Watching();
    await watching.hand.rows(writes(5));
    const window = await watching.window();
    const at = async (by: 1 | -1): Promise<number> => (await window.tell({ command: 'step', by })).sequence;
    // Requests are the odd rows, their replies the even ones.
    expect(await at(-1)).toBe(9);
    expect(await at(-1)).toBe(7);
    expect(await at(1)).toBe(9);
    expect(await at(1), 'there is none').toBe(9);
    await window.session.seek({ us: T0 + 1005 });
    expect(await at(-1), 'later than that request arrived').toBe(3);
    expect(window.view.positionUs).toBe(T0 + 1000);
    expect(await at(-1)).toBe(1);
    expect(await at(-1), 'there is none').toBe(1);
    for (let i = 0; i < 3; i += 1) window.send({ command: 'step', by: 1 });
    await until(() => window.view.sequence === 7, window);
    await expectPlayed(watching, window);
    window.close();
  });

  it('goes a little forward by rows alone, to the µs, so that films are made frame by frame', async () => {
    await using watching = new Watching();
    await watching.hand.rows(writes(200));
    const window = await watching.window();
    await window.session.seek({ us: T0 });
    window.frames.length = 0;
    for (let us = T0; us < T0 + 199_000; us += 3333) {
      await window.session.seek({ us });
      expect(window.session.nowUs()).toBe(us);
      expect(window.session.state.sequence).toBe(await watching.engine.past.history?.sequenceAt(us));
    }
    expect(new Set(window.frames)).toEqual(new Set([FrameType.Batch]));
    await expectPlayed(watching, window);
    window.close();
  });

  it('answers every seek of a storm once, and shows the last one without those between', async () => {
    await using watching = new Watching();
    await watching.hand.rows(writes(3000));
    const window = await watching.window();
    const answers = Array.from({ length: 300 }, (_, i) => window.session.seek({ sequence: 6000 - i * 20 }));
    for (let i = 0; i < 300; i += 1) window.send({ command: 'seek', to: { sequence: 10 + i } });
    const last = await window.session.seek({ sequence: 77 });
    expect(last).toMatchObject({ mode: 'past', sequence: 77 });
    await Promise.all(answers);
    expect(window.views.filter(({ tag }) => tag !== null)).toHaveLength(301);
    expect(window.frames.filter((type) => type === FrameType.Snapshot).length).toBeLessThan(10);
    await expectPlayed(watching, window);
    window.close();
  });

  it('never outruns its window, and loses no row to one that is slow', async () => {
    await using watching = new Watching();
    await watching.hand.rows(writes(150_000, { gapUs: 1 }));
    const window = await watching.window();
    await window.session.seek({ sequence: 0 });
    window.frames.length = 0;
    window.stall();
    await window.tell({ command: 'play', playing: true, speed: FASTEST });
    await until(() => window.session.state.sequence > 0, window);
    // As many turns as it would take to play all of it.
    for (let i = 0; i < 200; i += 1) await new Promise((resolve) => setImmediate(resolve));
    await window.tell({ command: 'play', skipIdle: true });
    expect(window.view.sequence).toBeLessThan(100_000);
    window.goOn();
    await until(() => window.view.mode === 'live', window);
    expect(new Set(window.frames)).toEqual(new Set([FrameType.Batch]));
    await until(() => window.session.state.sequence === 300_000, window);
    await expectPlayed(watching, window);
    window.close();
  });

  it('stays where it is while rows are added, and becomes live without another picture once it has caught up', async () => {
    await using watching = new Watching();
    await watching.hand.rows(writes(100));
    const window = await watching.window();
    await window.session.seek({ sequence: 50 });
    await watching.hand.rows(writes(100, { first: 100 }));
    await expectPlayed(watching, window);
    expect(window.session.state.sequence).toBe(50);
    window.frames.length = 0;
    await window.tell({ command: 'play', playing: true, speed: FASTEST });
    await until(() => window.view.mode === 'live', window);
    await watching.hand.rows(writes(100, { first: 200 }));
    await until(() => window.session.state.sequence === 600, window);
    expect(new Set(window.frames)).toEqual(new Set([FrameType.Batch]));
    expect(visible(window.session.state)).toEqual(visible(watching.engine.session.state));
    window.close();
  });

  it('lets two windows stand at different times, and a third be live', async () => {
    await using watching = new Watching();
    await watching.hand.rows(writes(400));
    const [one, two, live] = [await watching.window(), await watching.window(), await watching.window()];
    await Promise.all([one.session.seek({ sequence: 100 }), two.session.seek({ sequence: 700 })]);
    await watching.hand.rows(writes(100, { first: 400 }));
    await until(() => live.session.state.sequence === 1000, live);
    for (const window of [one, two]) await expectPlayed(watching, window);
    expect([one, two, live].map(({ session }) => session.state.sequence)).toEqual([100, 700, 1000]);
    for (const window of [one, two, live]) window.close();
  });

  it('becomes live on the new picture when the session is emptied, whatever it was on its way to', async () => {
    await using watching = new Watching();
    await watching.hand.rows(writes(5000));
    const window = await watching.window();
    await window.session.seek({ sequence: 3000 });
    const away = window.session.seek({ sequence: 9000 });
    // The engine has heard of it, and has not come there.
    await new Promise((resolve) => setImmediate(resolve));
    await watching.engine.session.reset();
    expect((await away).mode).toBe('live');
    await until(() => window.view.mode === 'live' && window.session.state.disks.length === 0, window);
    window.send({ command: 'seek', to: { sequence: 5 } });
    await until(() => window.refusals.length > 0, window);
    expect(window.refusals[0]).toBe('there is no past to show: nothing has been recorded yet');
    window.close();
  });

  it('plays only the span, ends with it, and begins there again', async () => {
    await using watching = new Watching();
    await watching.hand.rows(writes(100, { gapUs: SECOND_US }));
    const window = await watching.window();
    const span = { fromUs: T0 + 20 * SECOND_US, toUs: T0 + 30 * SECOND_US + 500_000 };
    await window.tell({ command: 'play', span, speed: 1000, playing: true });
    await until(() => window.view.ended, window);
    expect(window.view).toMatchObject({ mode: 'past', positionUs: span.toUs, sequence: 62, playing: false });
    await window.tell({ command: 'play', speed: 0.1, playing: true });
    await until(() => window.view.sequence === 41, window);
    expect(window.view).toMatchObject({ ended: false, playing: true });
    await window.tell({ command: 'play', speed: FASTEST });
    await until(() => window.view.ended, window);
    expect(window.view.positionUs).toBe(span.toUs);
    expect((await window.tell({ command: 'play', span: null })).span).toBeNull();
    await expectPlayed(watching, window);
    window.close();
  });

  it('skips stretches in which nothing happens when asked to', async () => {
    await using watching = new Watching();
    // Two rows a day: without skipping, each would be waited for more than a minute.
    await watching.hand.rows(writes(366, { gapUs: 86_400 * SECOND_US }).slice(0, 1));
    const window = await watching.window();
    await window.tell({ command: 'play', speed: 1000, skipIdle: true, playing: true });
    await until(() => window.view.sequence >= 6, window);
    expect(window.view.positionUs).toBeGreaterThanOrEqual(T0 + 2 * 86_400 * SECOND_US);
    window.close();
  });

  it('clears its own picture in the past and leaves what is kept as it was', async () => {
    await using watching = new Watching();
    await watching.hand.rows(writes(20));
    const window = await watching.window();
    await window.session.seek({ sequence: 20 });
    window.send({ command: 'clearPicture' });
    const model = () => window.session.state.disks[0]?.model;
    await until(() => model()?.stateAt(0) === 0, window);
    expect(window.session.state.disks[0]?.counters.requests[Op.Write]).toBe(10);
    await window.session.seek({ sequence: 24 });
    expect([model()?.stateAt(0), model()?.stateAt(11)]).toEqual([0, expect.any(Number)]);
    expect(model()?.stateAt(11)).not.toBe(0);
    await window.session.seek({ sequence: 10 });
    await expectPlayed(watching, window);
    expect(watching.engine.session.state.clears).toBe(0);
    window.close();
  });

  it('stands again where it stood when it is loaded anew, in the same history alone', async () => {
    await using watching = new Watching();
    await watching.hand.rows(writes(100));
    const first = await watching.window();
    await first.session.seek({ us: T0 + 50_500 });
    const { resume } = first.session;
    first.close();
    const again = await watching.window(resume);
    await until(() => again.view.mode === 'past', again);
    expect(again.view).toMatchObject({ positionUs: T0 + 50_500, playing: false });
    await expectPlayed(watching, again);
    again.close();
    await watching.engine.session.reset();
    watching.engine.session.add(watching.hand);
    await watching.hand.rows(writes(3));
    const other = await watching.window(resume);
    expect(other.view.mode).toBe('live');
    other.close();
  });
});
