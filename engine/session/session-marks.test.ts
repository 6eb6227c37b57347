import { describe, expect, it } from 'vitest';
import { MAX_MARKS } from '#shared/contract/time.ts';
import { EventBatch } from '#shared/events/event-batch.ts';
import { ALL_DISKS, Op, RowKind } from '#shared/events/vocabulary.ts';
import { MarkTable, readMarkRow } from '#shared/model/mark-table.ts';
import { Session } from './session.ts';
import type { Source, SourceSink } from './source.ts';

const AT_US = 1e15;

/** A source with one disk, in the test's hands. */
class Hand implements Source {
  readonly kind = 'log';
  readonly path = null;
  readonly canRestart = false;
  readonly name = 'hand';
  #sink: SourceSink | null = null;

  start(sink: SourceSink): void {
    this.#sink = sink;
    sink.disk({ index: 0, exportName: '', sizeBytes: 1n << 20n, highestByte: 0n });
    sink.progress({
      status: 'live',
      statusText: '',
      bytesRead: 0,
      totalBytes: null,
      lines: 0,
      notUnderstood: 0,
      timesBackwards: 0,
      runs: [],
    });
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }

  rows(fill: (batch: EventBatch) => void): void {
    const batch = new EventBatch(64);
    fill(batch);
    void this.#sink?.rows(batch);
  }

  read(): void {
    this.rows((batch) => batch.push({ kind: RowKind.Request, op: Op.Read, lengthBytes: 512, timeUs: AT_US }));
  }

  caption(text: string, timeUs: number): void {
    this.rows((batch) => batch.pushText(text, { kind: RowKind.Caption, timeUs }));
  }

  mark(json: object): void {
    this.rows((batch) =>
      batch.pushText(JSON.stringify(json), { kind: RowKind.Mark, disk: ALL_DISKS, timeUs: AT_US }),
    );
  }
}

/** A session and every row it told of. */
function recorded(): { readonly session: Session; readonly batches: EventBatch[]; readonly hand: Hand } {
  const batches: EventBatch[] = [];
  const session = new Session({
    rows: (batch) => batches.push(batch),
    reset: () => {},
    infoChanged: () => {},
    diskCame: () => {},
    diskGone: () => {},
    sourceGone: () => {},
  });
  const hand = new Hand();
  session.add(hand);
  return { session, batches, hand };
}

/** The table as somebody makes it who has the rows alone. */
function tableOf(batches: readonly EventBatch[]): MarkTable {
  const table = new MarkTable();
  for (const batch of batches) {
    for (let i = 0; i < batch.count; i += 1) {
      const row = batch.kind[i] === RowKind.Mark ? readMarkRow(batch.textOf(i)) : null;
      if (row !== null) table.apply(row);
    }
  }
  return table;
}

const words = (session: Session): readonly string[] => session.marks.map(({ text }) => text);

describe('marks of a session', () => {
  it('are rows: whoever has the rows has the table, through changes and removals', () => {
    const { session, batches, hand } = recorded();
    hand.read();
    session.addMarks([
      { kind: 'mark', text: 'b', us: AT_US + 2 },
      { kind: 'caption', text: 'a', us: AT_US + 1 },
    ]);
    expect(words(session)).toEqual(['a', 'b']);
    const [first, second] = session.marks;
    expect([second?.id, first?.id]).toEqual([2, 3]);
    session.editMark(2, { us: AT_US, text: 'c' });
    hand.read();
    session.removeMark(3);
    expect(session.marks).toEqual([{ id: 2, kind: 'mark', text: 'c', clockUs: AT_US }]);
    expect(tableOf(batches).list).toEqual(session.marks);
  });

  it('are also the captions of a recording, by the number of their row', () => {
    const { session, batches, hand } = recorded();
    hand.read();
    hand.caption('mkfs ✓', AT_US + 5);
    hand.caption('mount', AT_US + 6);
    expect(session.marks).toEqual([
      { id: 2, kind: 'caption', text: 'mkfs ✓', clockUs: AT_US + 5 },
      { id: 3, kind: 'caption', text: 'mount', clockUs: AT_US + 6 },
    ]);
    session.editMark(2, { text: 'mkfs' });
    expect(words(session)).toEqual(['mkfs', 'mount']);
    expect(tableOf(batches).list).toEqual(session.marks);
  });

  it('of a file get numbers of this session, which its later rows go by', () => {
    const { session, hand } = recorded();
    for (let i = 0; i < 6; i += 1) hand.read();
    const file = { kind: 'mark', clockUs: AT_US, removed: false };
    hand.mark({ ...file, id: 3, text: 'one' });
    hand.mark({ ...file, id: 4, text: 'two' });
    hand.mark({ ...file, id: 3, text: 'one, changed' });
    hand.mark({ ...file, id: 4, text: 'two', removed: true });
    expect(session.marks).toEqual([{ id: 7, kind: 'mark', text: 'one, changed', clockUs: AT_US }]);
  });

  it('of a file that is damaged are left out', () => {
    const { session, hand } = recorded();
    hand.read();
    hand.mark({ id: -1, kind: 'mark', text: 'x', clockUs: 0, removed: false });
    hand.mark({ id: 1, kind: 'flag', text: 'x', clockUs: 0, removed: false });
    hand.mark({ id: 1, kind: 'mark', text: 'x'.repeat(401), clockUs: 0, removed: false });
    hand.rows((batch) => batch.pushText('{', { kind: RowKind.Mark, timeUs: AT_US }));
    expect(session.marks).toEqual([]);
    hand.caption('y'.repeat(1000), AT_US);
    expect(words(session)).toEqual(['y'.repeat(400)]);
  });

  it('go with their source; those that people made stay, in the rows of the history that begins then', async () => {
    const { session, batches, hand } = recorded();
    const other = new Hand();
    const source = session.add(other);
    hand.read();
    other.caption('of the other', AT_US);
    session.addMarks([{ kind: 'mark', text: 'mine', us: AT_US }]);
    const before = batches.length;
    await session.close(source);
    expect(words(session)).toEqual(['mine']);
    expect(tableOf(batches.slice(before)).list).toEqual(session.marks);
    await session.reset();
    expect(session.marks).toEqual([]);
  });

  it('are refused in words where they will not do, and then nothing changes', () => {
    const { session, batches, hand } = recorded();
    const mark = { kind: 'mark', text: 'm', us: AT_US } as const;
    expect(() => session.addMarks([mark])).toThrow('nothing was recorded yet');
    hand.read();
    expect(() => session.addMarks([mark, { ...mark, text: '' }])).toThrow('a mark needs a name');
    expect(() => session.editMark(7, { text: 'x' })).toThrow('there is no mark 7');
    expect(() => session.removeMark(7)).toThrow('there is no mark 7');
    session.addMarks(Array.from({ length: MAX_MARKS }, () => mark));
    expect(() => session.addMarks([mark])).toThrow(`a session holds ${MAX_MARKS} marks and captions at most`);
    expect(session.marks).toHaveLength(MAX_MARKS);
    expect(batches.reduce((sum, { count }) => sum + count, 0)).toBe(1 + MAX_MARKS);
    hand.caption('one too many', AT_US);
    expect(session.marks).toHaveLength(MAX_MARKS);
    expect(session.notices.map(({ text }) => text)).toEqual([expect.stringContaining('are left out')]);
    session.editMark(2, { kind: 'caption', text: '' });
    session.removeMark(2);
    expect(session.marks).toHaveLength(MAX_MARKS - 1);
  });
});
