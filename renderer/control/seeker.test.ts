import { describe, expect, it } from 'vitest';
import { LIVE_VIEW } from '#shared/contract/time.ts';
import { Seeker, type SeekTarget } from './seeker.ts';

function rig() {
  const sent: { to: SeekTarget; tag: number }[] = [];
  let nowMs = 0;
  const seeker = new Seeker(
    (to, tag) => sent.push({ to, tag }),
    () => nowMs,
  );
  return {
    seeker,
    sent,
    wait: (ms: number) => {
      nowMs += ms;
    },
    answer: (tag: number | null) => seeker.arrived({ ...LIVE_VIEW, mode: 'past', tag }),
  };
}

describe('Seeker', () => {
  it('sends one seek at a time, and next where the hand is then', () => {
    const { seeker, sent, answer } = rig();
    for (let us = 1; us <= 50; us += 1) seeker.seek({ us });
    expect(sent).toEqual([{ to: { us: 1 }, tag: 1 }]);
    expect(seeker.targetUs).toBe(50);
    answer(1);
    expect(sent.map(({ to }) => to)).toEqual([{ us: 1 }, { us: 50 }]);
    answer(2);
    expect(sent).toHaveLength(2);
    expect(seeker.targetUs).toBeNull();
  });

  it('takes only the answer to its last seek for one', () => {
    const { seeker, sent, answer } = rig();
    seeker.seek({ us: 1 });
    seeker.seek({ us: 2 });
    answer(null);
    answer(77);
    expect(sent).toHaveLength(1);
    answer(1);
    expect(sent).toHaveLength(2);
  });

  it('goes on when an answer does not come', () => {
    const { seeker, sent, wait } = rig();
    seeker.seek({ sequence: 7 });
    expect(seeker.targetUs).toBeNull();
    wait(600);
    seeker.seek({ us: 2 });
    expect(sent.map(({ to }) => to)).toEqual([{ sequence: 7 }, { us: 2 }]);
  });

  it('forgets where it was going when it gives up', () => {
    const { seeker, sent, answer } = rig();
    seeker.seek({ us: 1 });
    seeker.seek({ us: 2 });
    seeker.giveUp();
    answer(1);
    expect(sent).toHaveLength(1);
    expect(seeker.targetUs).toBeNull();
  });
});
