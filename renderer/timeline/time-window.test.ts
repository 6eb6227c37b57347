import { describe, expect, it } from 'vitest';
import {
  clampWindow,
  lengthUs,
  MIN_WINDOW_US,
  panWindow,
  revealMoment,
  usAt,
  wholeWindow,
  xOf,
  zoomWindow,
} from './time-window.ts';

const T0 = 1_777_674_027_000_000;
const whole = wholeWindow(T0, T0 + 10_000_000);

describe('the window of time', () => {
  it('holds the whole history with a little ground on both sides', () => {
    expect(whole.fromUs).toBeLessThan(T0);
    expect(whole.toUs).toBeGreaterThan(T0 + 10_000_000);
    expect(lengthUs(wholeWindow(T0, T0))).toBeGreaterThan(0);
  });

  it('finds the moment at a place and the place of a moment', () => {
    expect(usAt(whole, 900, xOf(whole, 900, T0 + 1234))).toBeCloseTo(T0 + 1234, 0);
    expect(xOf(whole, 900, whole.toUs)).toBe(900);
  });

  it('zooms about the moment under the pointer', () => {
    const before = { fromUs: T0, toUs: T0 + 1_000_000 };
    const atUs = T0 + 250_000;
    const after = zoomWindow(before, atUs, 0.5, whole);
    expect(lengthUs(after)).toBe(500_000);
    expect(xOf(after, 1000, atUs)).toBeCloseTo(xOf(before, 1000, atUs));
  });

  it('zooms no further than to a hundred µs and out to the whole', () => {
    let window = whole;
    for (let i = 0; i < 60; i += 1) window = zoomWindow(window, T0 + 77, 0.7, whole);
    expect(lengthUs(window)).toBe(MIN_WINDOW_US);
    for (let i = 0; i < 60; i += 1) window = zoomWindow(window, T0 + 77, 1.6, whole);
    expect(window).toEqual(whole);
  });

  it('stays within the history when it is moved', () => {
    const window = { fromUs: T0, toUs: T0 + 1_000_000 };
    expect(panWindow(window, 1e12, whole).toUs).toBe(whole.toUs);
    expect(panWindow(window, -1e12, whole).fromUs).toBe(whole.fromUs);
    expect(clampWindow({ fromUs: 0, toUs: 1e18 }, whole)).toEqual(whole);
  });

  it('turns the page when the moment shown leaves it, and not before', () => {
    const window = { fromUs: T0, toUs: T0 + 1_000_000 };
    expect(revealMoment(window, T0 + 999_999, whole)).toBe(window);
    const next = revealMoment(window, T0 + 1_000_000, whole);
    expect(next.fromUs).toBe(T0 + 900_000);
    expect(lengthUs(next)).toBe(1_000_000);
  });
});
