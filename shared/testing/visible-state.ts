import { Op } from '../events/vocabulary.ts';
import type { DiskModel } from '../model/disk-model.ts';
import type { SessionState } from '../model/session-state.ts';

/** Everything a person can see of a state, in plain values. */
export function visible(state: SessionState): unknown {
  return {
    sequence: state.sequence,
    clock: state.clockUs,
    disks: state.disks.map((disk) => ({
      blocks: disk === undefined ? [] : touchedBlocks(disk.model),
      requests: [...(disk?.counters.requests ?? [])],
      errors: [...(disk?.counters.errors ?? [])],
      inFlight: disk?.inFlight.count,
      p99: disk?.counters.latency[Op.Write]?.percentileUs(0.99),
    })),
    faultChanges: state.faultChanges,
    faults: state.disks.map((disk) => disk?.faults ?? null),
    recent: [state.recent.total, ...state.recent.errno.subarray(0, 20)],
  };
}

function touchedBlocks(model: DiskModel): unknown[] {
  const blocks: unknown[] = [];
  model.forEachTouched(0, 2 ** 51, (first, count) => {
    for (let b = first; b < first + count; b += 1) blocks.push([b, model.blockInfo(b)]);
  });
  return blocks.sort((a, b) => (a as [number])[0] - (b as [number])[0]);
}
