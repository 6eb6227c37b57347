import { COARSE, PAGE_BLOCKS } from './block-state.ts';
import type { DiskModel } from './disk-model.ts';
import { NO_OP, type Page, type RunRecord } from './page.ts';
import { forEachGap, pagesBetween } from './page-gaps.ts';

/** What the heat of a block tells: how often it was written (zeroes among that), how often read, or when it was last touched. */
export const HEAT_KINDS = ['writes', 'reads', 'age'] as const;
export type HeatKind = (typeof HEAT_KINDS)[number];

/**
 * Heat as a number of 32 bits, of which the largest tells of many blocks together: a count, or for age the time of the last
 * request in {@link HEAT_UNIT_MS}, plus 1. 0 stands for never.
 */
export const NO_HEAT = 0;
/** Nobody counted, as the model's memory was full: larger than whatever is known beside it. */
export const UNKNOWN_HEAT = 0xffff_ffff;
/** 32 bits of these are some seven years. */
export const HEAT_UNIT_MS = 50;

/** A time in model ms as the heat of an age. */
export function heatOfTime(ms: number): number {
  return ms <= 0 ? NO_HEAT : Math.min(Math.floor(ms / HEAT_UNIT_MS) + 1, UNKNOWN_HEAT - 1);
}

function heatOfRun(record: RunRecord, kind: HeatKind): number {
  if (kind === 'age') return record.lastOp === NO_OP ? NO_HEAT : heatOfTime(record.lastMs);
  // A whole page stands for what was touched in it: nobody counted where.
  if ((record.state & COARSE) !== 0) return UNKNOWN_HEAT;
  return Math.min(kind === 'reads' ? record.reads : record.writes, UNKNOWN_HEAT - 1);
}

function heatInPage({ detail, state }: Page, block: number, kind: HeatKind): number {
  if (detail === null) return UNKNOWN_HEAT;
  if (kind === 'age') return detail.lastOp[block] === NO_OP ? NO_HEAT : heatOfTime(detail.lastMs[block] ?? 0);
  if (((state[block] ?? 0) & COARSE) !== 0) return UNKNOWN_HEAT;
  return Math.min((kind === 'reads' ? detail.reads : detail.writes)[block] ?? 0, UNKNOWN_HEAT - 1);
}

/**
 * Visits everything in blocks [first, end) that has any heat, in no particular order: runs of blocks that are equally hot.
 * Cost follows what was touched, not the size.
 */
export function forEachHeat(
  model: DiskModel,
  first: number,
  end: number,
  kind: HeatKind,
  visit: (firstBlock: number, count: number, heat: number) => void,
): void {
  const { pages, runs } = model;
  const firstPage = Math.floor(first / PAGE_BLOCKS);
  const endPage = Math.ceil(end / PAGE_BLOCKS);
  runs.forEach(firstPage, endPage, (record, start, stop) => {
    const heat = heatOfRun(record, kind);
    if (heat === NO_HEAT) return;
    forEachGap(pages, start, stop, (from, to) => {
      const a = Math.max(from * PAGE_BLOCKS, first);
      const b = Math.min(to * PAGE_BLOCKS, end);
      if (a < b) visit(a, b - a, heat);
    });
  });
  for (const number of pagesBetween(pages, firstPage, endPage)) {
    const page = pages.get(number);
    if (page === undefined) continue;
    const base = number * PAGE_BLOCKS;
    const to = Math.min(end - base, PAGE_BLOCKS);
    let start = Math.max(first - base, 0);
    while (start < to) {
      const heat = heatInPage(page, start, kind);
      let next = start + 1;
      while (next < to && heatInPage(page, next, kind) === heat) next += 1;
      if (heat !== NO_HEAT) visit(base + start, next - start, heat);
      start = next;
    }
  }
}
