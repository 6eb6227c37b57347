/** What keys mean in a tree, as the WAI-ARIA pattern for trees has it. */
import type { TreeNode, TreeRow } from './structure-tree.ts';

/** What to do: go to a row, open or close the one in hand, pick it. */
export type TreeMove =
  | { readonly move: 'go'; readonly row: number }
  | { readonly move: 'open' | 'close' | 'pick' };

/**
 * What a key does to the row in hand.
 * @param at its place among `rows`; -1 for none.
 * @param pageRows rows in sight.
 * @returns null when the key means nothing here.
 */
export function treeMove(
  rows: readonly TreeRow[],
  at: number,
  key: string,
  pageRows: number,
): TreeMove | null {
  if (rows.length === 0) return null;
  const last = rows.length - 1;
  const go = (row: number): TreeMove => ({ move: 'go', row: Math.min(Math.max(row, 0), last) });
  const row = rows[at];
  switch (key) {
    case 'ArrowDown':
      return go(at + 1);
    case 'ArrowUp':
      return go(at < 0 ? last : at - 1);
    case 'PageDown':
      return go(at + pageRows);
    case 'PageUp':
      return go(at - pageRows);
    case 'Home':
      return go(0);
    case 'End':
      return go(last);
    case 'ArrowRight':
      if (row?.kind !== 'node' || row.line.children === 0) return null;
      return row.isOpen ? go(at + 1) : { move: 'open' };
    case 'ArrowLeft':
      if (row === undefined) return null;
      if (row.kind === 'node' && row.isOpen) return { move: 'close' };
      return row.parentKey === null ? null : go(placeOf(rows, row.parentKey));
    case 'Enter':
    case ' ':
      return row?.kind === 'node' ? { move: 'pick' } : null;
    default:
      return null;
  }
}

export function placeOf(rows: readonly TreeRow[], key: string | null): number {
  return rows.findIndex((row) => row.key === key);
}

/**
 * The place of the row in hand. Where that has gone, or was only waiting for what stands there now, it is the one in its place.
 * @param lastAt where it was before; -1 for nowhere.
 */
export function rowInHand(rows: readonly TreeRow[], key: string, lastAt: number): number {
  const found = placeOf(rows, key);
  return found >= 0 ? found : Math.min(lastAt, rows.length - 1);
}

/** Letters that come later than this begin another word. */
const TYPING_MS = 700;

/** Finds rows by the beginnings of their names, as they are typed. */
export class TypeAhead {
  #typed = '';
  #atMs = Number.NEGATIVE_INFINITY;

  /** Another key came: letters after it begin anew. */
  end(): void {
    this.#typed = '';
    this.#atMs = Number.NEGATIVE_INFINITY;
  }

  /**
   * The next row whose name begins with what was typed so far, from the one in hand on and round again; -1 for none. One letter
   * over and over goes from each such row to the next.
   */
  type(letter: string, rows: readonly TreeRow[], at: number, nowMs: number): number {
    const goesOn = nowMs - this.#atMs < TYPING_MS;
    this.#atMs = nowMs;
    this.#typed = goesOn ? this.#typed + letter.toLowerCase() : letter.toLowerCase();
    const isOne = [...this.#typed].every((one) => one === this.#typed[0]);
    const wanted = isOne ? (this.#typed[0] ?? '') : this.#typed;
    const from = isOne || !goesOn ? at + 1 : Math.max(at, 0);
    for (let i = 0; i < rows.length; i += 1) {
      const place = (from + i) % rows.length;
      const row = rows[place];
      if (row?.kind === 'node' && beginsWith(row, wanted)) return place;
    }
    return -1;
  }
}

/** Of a path the last part counts as well: that is what a file is called. */
function beginsWith({ line }: TreeNode, wanted: string): boolean {
  const name = line.name.toLowerCase();
  const last = name.slice(name.lastIndexOf('/') + 1);
  return name.startsWith(wanted) || last.startsWith(wanted);
}
