import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LastWindow } from './last-window.ts';

let windows: number;
let hosting: boolean;
let events: string[];
let last: LastWindow;

beforeEach(() => {
  vi.useFakeTimers();
  windows = 0;
  hosting = false;
  events = [];
  last = new LastWindow({
    windowCount: () => windows,
    hosting: () => hosting,
    end: () => events.push('end'),
    stay: () => events.push('stay'),
  });
});

afterEach(() => {
  last.dispose();
  vi.useRealTimers();
});

function setWindows(count: number): void {
  windows = count;
  last.windowsChanged();
}

describe('the last window', () => {
  it('ends nothing before a first window has come', () => {
    last.windowsChanged();
    vi.advanceTimersByTime(3_600_000);
    expect(events).toEqual([]);
  });

  it('ends the host two seconds after it has closed', () => {
    setWindows(1);
    setWindows(0);
    vi.advanceTimersByTime(1_900);
    expect(events).toEqual([]);
    vi.advanceTimersByTime(200);
    expect(events).toEqual(['end']);
  });

  it('is not the last when another is open, or comes back in time', () => {
    setWindows(2);
    setWindows(1);
    vi.advanceTimersByTime(10_000);
    setWindows(0);
    vi.advanceTimersByTime(1_000);
    setWindows(1);
    vi.advanceTimersByTime(10_000);
    expect(events).toEqual([]);
  });

  it('waits longer while a page is loading, as on a slow reload', () => {
    setWindows(1);
    setWindows(0);
    vi.advanceTimersByTime(1_000);
    last.pageLoads();
    vi.advanceTimersByTime(14_000);
    expect(events).toEqual([]);
    vi.advanceTimersByTime(1_100);
    expect(events).toEqual(['end']);
  });

  it('leaves a host running that hosts something', () => {
    hosting = true;
    setWindows(1);
    setWindows(0);
    vi.advanceTimersByTime(2_100);
    expect(events).toEqual(['stay']);
  });
});
