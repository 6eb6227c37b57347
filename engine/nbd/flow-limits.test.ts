import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FlowLimits, type FlowMember, RESERVED_BYTES } from './flow-limits.ts';

const MIB = 1 << 20;

class Member implements FlowMember {
  progressMark: number | null = null;
  resumed = 0;
  evicted: string | null = null;

  resume(): void {
    this.resumed += 1;
  }

  evict(reason: string): void {
    this.evicted = reason;
  }
}

describe('FlowLimits', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('lets every connection have its reserve, however greedy the others are', () => {
    const limits = new FlowLimits(10, 200 * MIB);
    const greedy = new Member();
    const modest = new Member();
    limits.join(greedy);
    limits.join(modest);
    expect(limits.admits(greedy, 0, 164 * MIB)).toBe(true);
    limits.changed(0, 164 * MIB);
    expect(limits.admits(greedy, 164 * MIB, 165 * MIB)).toBe(false);
    expect(limits.admits(modest, 0, RESERVED_BYTES)).toBe(true);
    expect(limits.admits(modest, 0, RESERVED_BYTES + 1)).toBe(false);
  });

  it('wakes those who wait when memory comes back', async () => {
    const limits = new FlowLimits(10, 104 * MIB);
    const first = new Member();
    const second = new Member();
    limits.changed(0, 68 * MIB);
    expect(limits.admits(second, 0, 64 * MIB)).toBe(false);
    limits.changed(68 * MIB, 0);
    await Promise.resolve();
    expect([first.resumed, second.resumed]).toEqual([0, 1]);
    expect(limits.admits(second, 0, 64 * MIB)).toBe(true);
  });

  it('always has room for one request of the largest size', () => {
    const limits = new FlowLimits(1000, MIB);
    expect(limits.admits(new Member(), 0, 64 * MIB)).toBe(true);
  });

  it('ends a connection whose client holds memory others wait for and does nothing for 30 s', () => {
    const limits = new FlowLimits(10, 104 * MIB);
    const idle = new Member();
    const busy = new Member();
    const waiting = new Member();
    for (const member of [idle, busy, waiting]) limits.join(member);
    limits.changed(0, 68 * MIB);
    idle.progressMark = 5;
    busy.progressMark = 0;
    expect(limits.admits(waiting, 0, 64 * MIB)).toBe(false);
    for (let second = 0; second < 33; second += 1) {
      busy.progressMark += 1;
      vi.advanceTimersByTime(1000);
    }
    expect(idle.evicted).toContain('30 s');
    expect([busy.evicted, waiting.evicted]).toEqual([null, null]);
  });

  it('leaves idle clients alone while nobody waits', () => {
    const limits = new FlowLimits(10, 104 * MIB);
    const idle = new Member();
    limits.join(idle);
    limits.changed(0, 68 * MIB);
    idle.progressMark = 5;
    vi.advanceTimersByTime(120_000);
    expect(idle.evicted).toBeNull();
  });
});
