import { describe, expect, it } from 'vitest';
import { EventBatch } from '../events/event-batch.ts';
import { Op, RowKind } from '../events/vocabulary.ts';
import { DiskModel } from './disk-model.ts';
import { MemoryBudget } from './memory-budget.ts';
import { Page, UNTOUCHED_RUN } from './page.ts';
import { SleepingPage, SleepingRegion } from './page-map.ts';

/** A model of two pages that sleep, and how often they were read. */
function asleep(): { readonly model: DiskModel; readonly reads: () => number } {
  let reads = 0;
  const model = new DiskModel(new MemoryBudget());
  const region = new SleepingRegion((pages) => {
    reads += 1;
    return pages.map(() => new Page(UNTOUCHED_RUN, true, 0));
  });
  for (const number of [0, 1]) {
    region.pages.push(
      new SleepingPage(number, { hasDetail: true, hasSectors: false, memoryBytes: Page.BYTES, region }),
    );
  }
  model.addSleeping(region);
  return { model, reads: () => reads };
}

function write(model: DiskModel, offsetBytes: number, nowMs: number, lengthBytes = 4096): void {
  const batch = new EventBatch(1);
  batch.push({ kind: RowKind.Completion, op: Op.Write, offsetBytes, lengthBytes, latencyUs: 5 });
  model.complete(batch, 0, nowMs);
}

describe('a page that sleeps', () => {
  it('is not read while it is only written to, and has what was written once somebody looks', () => {
    const { model, reads } = asleep();
    write(model, 0, 10);
    write(model, 0, 20);
    write(model, 4_198_400, 30);
    expect(reads()).toBe(0);
    expect(model.blockInfo(0)).toMatchObject({ writes: 2, lastMs: 20 });
    expect(model.blockInfo(1025)).toMatchObject({ writes: 1, lastMs: 30 });
    expect(reads()).toBe(1);
    expect(model.pages.sleeping).toBe(0);
  });

  it('wakes for a listener, who hears each change as it is made', () => {
    const { model } = asleep();
    const heard: number[] = [];
    model.listener = {
      blocksChanged: (first) => heard.push(first),
      blocksRead: () => {},
      blocksTouched: () => {},
      touchesReplaced: () => {},
      reset: () => {},
    };
    write(model, 8192, 10);
    expect(heard).toEqual([2]);
  });

  it('wakes for a part of a block, whose memory is taken in its turn', () => {
    const { model, reads } = asleep();
    write(model, 512, 10, 512);
    expect(reads()).toBe(1);
    expect(model.pages.get(0)?.sectors).not.toBeNull();
  });

  it('goes with the picture when that is emptied, unread', () => {
    const { model, reads } = asleep();
    write(model, 0, 10);
    model.clear(5);
    expect(model.pages.size).toBe(0);
    expect(model.stateAt(0)).toBe(0);
    expect(reads()).toBe(0);
  });
});
