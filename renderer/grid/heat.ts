import { HEAT_UNIT_MS, type HeatKind, heatOfTime, NO_HEAT, UNKNOWN_HEAT } from '#shared/model/heat.ts';
import { HEAT_STEPS } from '#shared/theme/heat.ts';
import type { HexColor } from '#shared/theme/theme.ts';

/** How the cells are coloured when not by state. */
export interface GridHeat {
  readonly kind: HeatKind;
  /** The theme's scale, {@link HEAT_STEPS} colours, least first. */
  readonly ramp: readonly HexColor[];
}

/** A cell that shows nothing, and one of which nobody counted; between them the steps of the scale, from 1. */
export const LEVEL_NONE = 0;
export const LEVEL_UNKNOWN = HEAT_STEPS + 1;

/** Least count of each step: low counts one by one, since once and twice are what one looks for. */
export const COUNT_STEPS: readonly number[] = [1, 2, 4, 8, 16, 32, 64, 256, 1024, 4096];

/** Least age of each step, ms; ascending, so that the last is the least hot. */
export const AGE_STEPS_MS: readonly number[] = [
  0, 1000, 3000, 10_000, 30_000, 60_000, 300_000, 900_000, 3_600_000, 86_400_000,
];

/** The steps as cells are compared with: counts, or ages in {@link HEAT_UNIT_MS}. */
export function heatSteps(kind: HeatKind): readonly number[] {
  return kind === 'age' ? AGE_STEPS_MS.map((ms) => ms / HEAT_UNIT_MS) : COUNT_STEPS;
}

/** The time of a frame, model ms, as ages are counted from. */
export function heatNow(nowMs: number): number {
  return heatOfTime(nowMs);
}

/**
 * The step on which a heat stands: 1 to {@link HEAT_STEPS}, or {@link LEVEL_NONE} or {@link LEVEL_UNKNOWN}. The shader says
 * the same. An age counts the other way: what was touched just now is hottest.
 */
export function heatLevel(heat: number, isAge: boolean, now: number, steps: readonly number[]): number {
  if (heat === NO_HEAT) return LEVEL_NONE;
  if (heat === UNKNOWN_HEAT) return LEVEL_UNKNOWN;
  const amount = isAge ? Math.max(0, now - heat) : heat;
  let level = 0;
  for (let k = 0; k < HEAT_STEPS; k += 1) if (amount >= (steps[k] ?? 0)) level = k + 1;
  return isAge ? HEAT_STEPS + 1 - level : level;
}
