import { describe, expect, it } from 'vitest';
import { LIVE_VIEW, type View } from '#shared/contract/time.ts';
import { Seeker, type SeekTarget } from './seeker.ts';

interface Sent {
  readonly to: SeekTarget;
  readonly arrive: () => Promise<void>;
  readonly refuse: () => Promise<void>;
}

function rig() {
  const sent: Sent[] = [];
  let nowMs = 0;
  const seeker = new Seeker(
    (to) =>
      new Promise<View>((resolve, reject) => {
        sent.push({
          to,
          arrive: async () => resolve({ ...LIVE_VIEW, mode: 'past' }),
          refuse: async () => reject(new Error('no')),
        });
      }),
    () => nowMs,
  );
  return {
    seeker,
    sent,
    places: () => sent.map(({ to }) => to),
    wait: (ms: number) => {
      nowMs += ms;
    },
  };
}

describe('Seeker', () => {
  it('sends one seek at a time, and next where the hand is then', async () => {
    const { seeker, sent, places } = rig();
    for (let us = 1; us <= 50; us += 1) seeker.seek({ us });
    expect(places()).toEqual([{ us: 1 }]);
    expect(seeker.targetUs).toBe(50);
    await sent[0]?.arrive();
    expect(places()).toEqual([{ us: 1 }, { us: 50 }]);
    await sent[1]?.arrive();
    expect(sent).toHaveLength(2);
    expect(seeker.targetUs).toBeNull();
  });

  it('goes on after one that is refused', async () => {
    const { seeker, sent, places } = rig();
    seeker.seek({ us: 1 });
    seeker.seek({ us: 2 });
    await sent[0]?.refuse();
    expect(places()).toEqual([{ us: 1 }, { us: 2 }]);
  });

  it('goes on when an answer does not come', async () => {
    const { seeker, sent, places, wait } = rig();
    seeker.seek({ sequence: 7 });
    expect(seeker.targetUs).toBeNull();
    wait(600);
    seeker.seek({ us: 2 });
    expect(places()).toEqual([{ sequence: 7 }, { us: 2 }]);
    // The late answer is not that to the later seek.
    await sent[0]?.arrive();
    expect(seeker.targetUs).toBe(2);
  });

  it('forgets where it was going when it gives up', async () => {
    const { seeker, sent } = rig();
    seeker.seek({ us: 1 });
    seeker.seek({ us: 2 });
    seeker.giveUp();
    await sent[0]?.arrive();
    expect(sent).toHaveLength(1);
    expect(seeker.targetUs).toBeNull();
  });
});
