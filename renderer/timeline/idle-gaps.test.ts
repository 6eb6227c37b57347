import { describe, expect, it } from 'vitest';
import { idleGaps } from './idle-gaps.ts';
import { readsOf, T0 } from './testing/columns.ts';

describe('idle gaps', () => {
  it('are found between what happened, within what is kept', () => {
    const data = readsOf([0, 0, 5, 0, 1, 0, 0, 0]);
    const kept = { fromUs: T0 + 1e6, toUs: T0 + 7.5e6 };
    expect(idleGaps(data, data.window, kept, 1e6)).toEqual([
      { fromUs: T0 + 1e6, toUs: T0 + 2e6 },
      { fromUs: T0 + 3e6, toUs: T0 + 4e6 },
      { fromUs: T0 + 5e6, toUs: T0 + 7.5e6 },
    ]);
    expect(idleGaps(data, data.window, kept, 2e6)).toHaveLength(1);
  });
});
