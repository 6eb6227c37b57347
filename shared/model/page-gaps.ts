import type { PageMap } from './page-map.ts';

/** Which pages are there; whether they sleep is nothing to this. */
type PageNumbers = Pick<PageMap, 'size' | 'has' | 'keys'>;

/** Numbers of the pages in memory in [from, to), ascending. */
export function pagesBetween(pages: PageNumbers, from: number, to: number): number[] {
  const found: number[] = [];
  if (to - from <= pages.size) {
    for (let number = from; number < to; number += 1) if (pages.has(number)) found.push(number);
    return found;
  }
  for (const number of pages.keys()) if (number >= from && number < to) found.push(number);
  return found.sort((a, b) => a - b);
}

/** Visits what of the pages [from, to) is not in memory, in order, as runs of page numbers. */
export function forEachGap(
  pages: PageNumbers,
  from: number,
  to: number,
  visit: (from: number, to: number) => void,
): void {
  let start = from;
  for (const number of pagesBetween(pages, from, to)) {
    if (start < number) visit(start, number);
    start = number + 1;
  }
  if (start < to) visit(start, to);
}
