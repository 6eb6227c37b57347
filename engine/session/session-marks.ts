import type { Mark } from '#shared/contract/time.ts';
import { MAX_MARK_TEXT, MAX_MARKS } from '#shared/contract/time.ts';
import { EventBatch } from '#shared/events/event-batch.ts';
import { ALL_DISKS, hasText, RowKind } from '#shared/events/vocabulary.ts';
import { type MarkRow, MarkTable, readMarkRow } from '#shared/model/mark-table.ts';
import { RefusedError } from '../refused-error.ts';

/** A mark that is to be made. */
export interface MarkDraft {
  readonly kind: Mark['kind'];
  readonly text: string;
  readonly us: number;
}

/** What is to become of a mark; absent members stay as they are. */
export interface MarkChange {
  readonly kind?: Mark['kind'] | undefined;
  readonly text?: string | undefined;
  readonly us?: number | undefined;
}

/** The numbers that the marks of one source have in the session, by those that they have in the source. */
export type MarkIds = Map<number, number>;

/** The marks of a session: the table that follows from its rows, and the rows that change it. */
export class SessionMarks {
  readonly #table = new MarkTable();

  get list(): readonly Mark[] {
    return this.#table.list;
  }

  /**
   * Rows for new marks, all or none of them, as rows `firstSequence` and after. They stand at the session's clock; the moment
   * that each names is in its text. @throws RefusedError saying what will not do.
   */
  add(drafts: readonly MarkDraft[], firstSequence: number, clockUs: number): EventBatch {
    if (this.#table.size + drafts.length > MAX_MARKS) {
      throw new RefusedError(
        `a session holds ${MAX_MARKS} marks and captions at most; ${this.#table.size} are there, remove some before ${drafts.length} more`,
      );
    }
    const rows = drafts.map(({ kind, text, us }, i) => ({
      ...valid({ id: firstSequence + i, kind, text, clockUs: us }),
      removed: false,
    }));
    return markRows(rows, clockUs);
  }

  /** The row that changes a mark. @throws RefusedError for one that is not there, or a name that will not do. */
  edit(id: number, change: MarkChange, clockUs: number): EventBatch {
    const mark = this.#get(id);
    const { kind = mark.kind, text = mark.text, us = mark.clockUs } = change;
    return markRows([{ ...valid({ id, kind, text, clockUs: us }), removed: false }], clockUs);
  }

  /** The row that removes a mark. @throws RefusedError for one that is not there. */
  remove(id: number, clockUs: number): EventBatch {
    return markRows([{ ...this.#get(id), removed: true }], clockUs);
  }

  /** Rows that make the table as it is now, for a history that begins here. */
  restated(clockUs: number): EventBatch {
    return markRows(
      this.list.map((mark) => ({ ...mark, removed: false })),
      clockUs,
    );
  }

  /** Forgets the marks of a source that has gone. */
  forget(ids: MarkIds): void {
    for (const id of ids.values()) this.#table.remove(id);
  }

  #get(id: number): Mark {
    const mark = this.#table.get(id);
    if (mark === null) throw new RefusedError(`there is no mark ${id}; it may have been removed meanwhile`);
    return mark;
  }

  /**
   * Makes the captions of a source's rows marks of this session, and gives its marks the numbers they have here. Clocks and
   * `firstSequence` of the rows must be set.
   * @param ids of the source's marks; those of its captions are added, by numbers that no mark has.
   */
  static adopt(rows: EventBatch, ids: MarkIds): void {
    if (rows.text.length === 0) return;
    const pieces: Uint8Array[] = [];
    let end = rows.text.length;
    for (let i = 0; i < rows.count; i += 1) {
      const mark = adopted(rows, i, ids);
      if (mark === null) continue;
      const bytes = new TextEncoder().encode(JSON.stringify(mark));
      rows.kind[i] = RowKind.Mark;
      rows.disk[i] = ALL_DISKS;
      rows.offsetLow[i] = end;
      rows.lengthLow[i] = bytes.length;
      end += bytes.length;
      pieces.push(bytes);
    }
    if (pieces.length === 0) return;
    const text = new Uint8Array(end);
    text.set(rows.text);
    let at = rows.text.length;
    for (const piece of pieces) {
      text.set(piece, at);
      at += piece.length;
    }
    rows.text = text;
  }

  /** Follows rows of the session. Returns how many marks found no room. */
  apply(rows: EventBatch): { readonly changed: boolean; readonly leftOut: number } {
    let changed = false;
    let leftOut = 0;
    if (rows.text.length === 0) return { changed, leftOut };
    for (let i = 0; i < rows.count; i += 1) {
      if (rows.kind[i] !== RowKind.Mark) continue;
      const row = readMarkRow(rows.textOf(i));
      if (row === null) continue;
      if (this.#table.apply(row)) changed = true;
      else leftOut += 1;
    }
    return { changed, leftOut };
  }

  clear(): void {
    this.#table.clear();
  }
}

function valid(mark: Mark): Mark {
  if (mark.kind === 'mark' && mark.text === '') throw new RefusedError('a mark needs a name; give it one');
  return mark;
}

function markRows(marks: readonly MarkRow[], clockUs: number): EventBatch {
  const batch = new EventBatch(Math.max(1, marks.length));
  for (const { id, kind, text, clockUs: us, removed } of marks) {
    const json: MarkRow = { id, kind, text, clockUs: us, removed };
    batch.pushText(JSON.stringify(json), { kind: RowKind.Mark, disk: ALL_DISKS, timeUs: clockUs });
  }
  return batch;
}

/** A row of a source as a mark of the session; null for one that is no mark. */
function adopted(rows: EventBatch, i: number, ids: MarkIds): MarkRow | null {
  const kind = rows.kind[i];
  if (!hasText(kind)) return null;
  const sequence = rows.firstSequence + i;
  if (kind === RowKind.Caption) {
    const timeUs = rows.timeUs[i] ?? Number.NaN;
    const clockUs = Number.isNaN(timeUs) ? (rows.clockUs[i] ?? 0) : timeUs;
    if (Number.isNaN(clockUs)) return null;
    ids.set(-sequence, sequence);
    return {
      id: sequence,
      kind: 'caption',
      text: rows.textOf(i).slice(0, MAX_MARK_TEXT),
      clockUs,
      removed: false,
    };
  }
  const read = kind === RowKind.Mark ? readMarkRow(rows.textOf(i)) : null;
  if (read === null) return null;
  const id = ids.get(read.id) ?? sequence;
  ids.set(read.id, id);
  return { ...read, id };
}
