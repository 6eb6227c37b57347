import * as v from 'valibot';
import { MARK_KINDS, MAX_MARK_TEXT, MAX_MARKS, type Mark } from '../contract/time.ts';

/** The text of a Mark row: the whole mark as it is from that row on. */
const MarkRowSchema = v.object({
  /** In a session the sequence number of the row that made the mark; in a file what tells its marks apart. */
  id: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER)),
  kind: v.picklist(MARK_KINDS),
  text: v.pipe(v.string(), v.maxLength(MAX_MARK_TEXT)),
  clockUs: v.pipe(v.number(), v.finite()),
  removed: v.boolean(),
});

export type MarkRow = v.InferOutput<typeof MarkRowSchema>;

/** The text of a Mark row; null when it is none: a recording from elsewhere may hold anything. */
export function readMarkRow(text: string): MarkRow | null {
  try {
    const parsed = v.safeParse(MarkRowSchema, JSON.parse(text));
    return parsed.success ? parsed.output : null;
  } catch {
    return null;
  }
}

/** The marks that follow from the Mark rows of a session, whatever moment is looked at. */
export class MarkTable {
  readonly #marks = new Map<number, Mark>();
  #list: readonly Mark[] | null = null;

  get size(): number {
    return this.#marks.size;
  }

  get isFull(): boolean {
    return this.#marks.size >= MAX_MARKS;
  }

  /** In the order of their moments, those of one moment in that of their making. The same array until a mark changes. */
  get list(): readonly Mark[] {
    this.#list ??= [...this.#marks.values()].sort((a, b) => a.clockUs - b.clockUs || a.id - b.id);
    return this.#list;
  }

  get(id: number): Mark | null {
    return this.#marks.get(id) ?? null;
  }

  /** Takes a row: a new mark, a change or a removal. False where the table has no room for one more. */
  apply({ removed, ...mark }: MarkRow): boolean {
    if (!removed && !this.#marks.has(mark.id) && this.isFull) return false;
    if (removed) this.#marks.delete(mark.id);
    else this.#marks.set(mark.id, mark);
    this.#list = null;
    return true;
  }

  remove(id: number): void {
    if (this.#marks.delete(id)) this.#list = null;
  }

  clear(): void {
    this.#marks.clear();
    this.#list = null;
  }
}
