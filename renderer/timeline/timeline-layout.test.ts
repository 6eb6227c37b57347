import { describe, expect, it } from 'vitest';
import { timelineLayout } from './timeline-layout.ts';

describe('the layout', () => {
  it('gives every lane a place, one below the other, at any number of disks', () => {
    for (const compact of [false, true]) {
      for (const lanes of [1, 2, 5, 12, 64]) {
        const layout = timelineLayout(lanes, compact);
        expect(layout.lanes).toHaveLength(lanes);
        let endPx = layout.flags.topPx + layout.flags.heightPx;
        for (const lane of layout.lanes) {
          expect(lane.topPx).toBeGreaterThanOrEqual(endPx);
          expect(lane.heightPx).toBeGreaterThan(0);
          expect(lane.errors.topPx).toBe(lane.topPx + lane.heightPx);
          endPx = lane.errors.topPx + lane.errors.heightPx;
        }
        expect(layout.ticks.topPx).toBeGreaterThanOrEqual(endPx);
        expect(layout.heightPx).toBe(layout.ticks.topPx + layout.ticks.heightPx);
        expect(layout.heightPx).toBeLessThan(compact ? 230 : 300);
      }
    }
  });

  it('leaves out latency and queue where there is little room', () => {
    expect(timelineLayout(1, false).latency).not.toBeNull();
    const compact = timelineLayout(1, true);
    expect([compact.latency, compact.depth]).toEqual([null, null]);
    expect(compact.heightPx).toBeLessThan(timelineLayout(1, false).heightPx);
  });
});
