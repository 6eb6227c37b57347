import { describe, expect, it, vi } from 'vitest';
import type { Answer } from '#shared/channel/answer.ts';
import type { Question } from '#shared/contract/questions.ts';
import type { StructureChild, StructuresAnswer } from '#shared/contract/structures.ts';
import { PAGE_CHILDREN, StructureTree, type TreeRow } from './structure-tree.ts';
import { rowInHand, TypeAhead, treeMove } from './tree-keys.ts';

const FILES = 250;

function child(path: string, children: number, name = path.slice(path.lastIndexOf('/') + 1)): StructureChild {
  return { disk: 0, path, kind: children > 0 ? 'directory' : 'file', name, children, bytes: '4096' };
}

/** What lies on a disk: `fs` with a great many files, and `swap`. */
function childrenOf(path: string): readonly StructureChild[] {
  if (path === '') return [child('fs', FILES), child('swap', 0)];
  if (path !== 'fs') return [];
  return Array.from({ length: FILES }, (_, i) => child(`fs/f${i}`, 0, `/dir/f${i}`));
}

function answerer() {
  const asked: Extract<Question, { about: 'structures' }>[] = [];
  const ask = async (question: Question): Promise<Answer> => {
    if (question.about !== 'structures') throw new Error(`asked about ${question.about}`);
    asked.push(question);
    const { path, firstChild, limit } = question;
    const all = childrenOf(path);
    const json: StructuresAnswer = {
      node: { ...child(path, all.length), facts: [['path', path]], extents: 1 },
      children: all.slice(firstChild, firstChild + limit),
      childrenLeftOut: path === 'fs' ? 3 : 0,
      version: 1,
      fromSequence: 0,
    };
    return { json, columns: {} };
  };
  return { asked, ask };
}

const ROOT = { disk: 0, name: 'sda', sizeBytes: 1n << 20n, version: 1 };

async function shownTree() {
  const { asked, ask } = answerer();
  const onChange = vi.fn();
  const tree = new StructureTree(ask, onChange);
  tree.show([ROOT], null);
  tree.see(0, 10);
  await vi.waitFor(() => expect(tree.rows.length).toBe(3));
  return { tree, asked };
}

function nodeAt(tree: StructureTree, at: number) {
  const row = tree.rows[at];
  if (row?.kind !== 'node') throw new Error(`row ${at} is no structure`);
  return row;
}

const namesOf = (rows: readonly TreeRow[]): readonly string[] =>
  rows.map((row) => (row.kind === 'node' ? row.line.name : row.kind));

describe('StructureTree', () => {
  it('shows what lies on the only disk at once, and asks for no more than is in sight', async () => {
    const { tree, asked } = await shownTree();
    expect(namesOf(tree.rows)).toEqual(['sda', 'fs', 'swap']);
    expect(nodeAt(tree, 1)).toMatchObject({ level: 2, place: 0, siblings: 2, isOpen: false });
    expect(asked.map(({ path }) => path)).toEqual(['']);
  });

  it('asks for a long branch page by page, as its rows come into sight', async () => {
    const { tree, asked } = await shownTree();
    tree.setOpen(nodeAt(tree, 1), true);
    // All have a row at once, so that the scroll bar is true.
    expect(tree.rows.length).toBe(3 + FILES);
    tree.see(2, 12);
    await vi.waitFor(() => expect(tree.rows[2]?.kind).toBe('node'));
    expect(tree.rows[2 + PAGE_CHILDREN]?.kind).toBe('waiting');
    tree.see(2 + PAGE_CHILDREN, 12 + PAGE_CHILDREN);
    await vi.waitFor(() => expect(tree.rows[2 + PAGE_CHILDREN]?.kind).toBe('node'));
    const pages = asked.filter(({ path }) => path === 'fs').map(({ firstChild }) => firstChild);
    expect(pages).toEqual([0, PAGE_CHILDREN]);
    expect(tree.rows[2 + FILES]).toMatchObject({ kind: 'leftOut', count: 3 });
  });

  it('looks up anew what is in sight once more is known, and keeps what was open', async () => {
    const { tree, asked } = await shownTree();
    tree.setOpen(nodeAt(tree, 1), true);
    tree.see(0, 10);
    await vi.waitFor(() => expect(tree.rows[2]?.kind).toBe('node'));
    const before = asked.length;
    tree.see(0, 10);
    expect(asked.length).toBe(before);
    tree.show([{ ...ROOT, version: 2 }], null);
    expect(nodeAt(tree, 1).isOpen).toBe(true);
    tree.see(0, 10);
    const again = asked.slice(before);
    expect(again.map(({ path }) => path)).toEqual(['', 'fs']);
  });

  it('asks as of the moment of the past that is shown', async () => {
    const { tree, asked } = await shownTree();
    tree.show([ROOT], 4);
    tree.see(0, 10);
    expect(asked.at(-1)?.atSequence).toBe(4);
  });

  it('opens all that a structure lies in', async () => {
    const { tree } = await shownTree();
    tree.reveal(0, 'fs/f7');
    tree.see(0, 10);
    await vi.waitFor(() => expect(namesOf(tree.rows)).toContain('/dir/f7'));
  });

  it('says why nothing more is known, and goes on with what is', async () => {
    const tree = new StructureTree(async () => {
      throw new Error('the disk has gone');
    }, vi.fn());
    tree.show([ROOT], null);
    tree.see(0, 1);
    await vi.waitFor(() => expect(tree.trouble).toBe('the disk has gone'));
    expect(tree.rows[0]).toMatchObject({ kind: 'node', key: '0:' });
  });

  it('says nothing of what has left the tree meanwhile, and tells no facts of it', async () => {
    const { ask } = answerer();
    let hasFs = true;
    const tree = new StructureTree(async (question) => {
      const answer = await ask(question);
      if (hasFs || question.about !== 'structures') return answer;
      if (question.path !== '') throw new Error('there is no fs');
      const json: StructuresAnswer = {
        node: { ...child('', 1), facts: [], extents: 1 },
        children: [child('swap', 0)],
        childrenLeftOut: 0,
        version: 2,
        fromSequence: 0,
      };
      return { json, columns: {} };
    }, vi.fn());
    tree.show([ROOT], null);
    tree.see(0, 10);
    await vi.waitFor(() => expect(tree.rows.length).toBe(3));
    tree.setOpen(nodeAt(tree, 1), true);
    tree.see(0, 10);
    await vi.waitFor(() => expect(tree.factsOf('0:fs')).toEqual([['path', 'fs']]));
    hasFs = false;
    tree.show([{ ...ROOT, version: 2 }], null);
    tree.see(0, 10);
    await vi.waitFor(() => expect(namesOf(tree.rows)).not.toContain('fs'));
    await vi.waitFor(() => expect(tree.factsOf('0:fs')).toEqual([]));
    expect(tree.trouble).toBeNull();
  });

  it('shows nothing of other disks that had the same numbers', async () => {
    const { tree, asked } = await shownTree();
    const before = asked.length;
    tree.forget();
    tree.show([ROOT], null);
    expect(namesOf(tree.rows)).not.toContain('fs');
    tree.see(0, 10);
    await vi.waitFor(() => expect(namesOf(tree.rows)).toContain('fs'));
    expect(asked.length).toBe(before + 1);
  });
});

describe('keys of the tree', () => {
  it('go up and down, open and close, and jump to the ends', async () => {
    const { tree } = await shownTree();
    const { rows } = tree;
    expect(treeMove(rows, 0, 'ArrowDown', 5)).toEqual({ move: 'go', row: 1 });
    expect(treeMove(rows, 2, 'ArrowDown', 5)).toEqual({ move: 'go', row: 2 });
    expect(treeMove(rows, 2, 'Home', 5)).toEqual({ move: 'go', row: 0 });
    expect(treeMove(rows, 0, 'End', 5)).toEqual({ move: 'go', row: 2 });
    expect(treeMove(rows, 0, 'ArrowRight', 5)).toEqual({ move: 'go', row: 1 });
    expect(treeMove(rows, 1, 'ArrowRight', 5)).toEqual({ move: 'open' });
    expect(treeMove(rows, 0, 'ArrowLeft', 5)).toEqual({ move: 'close' });
    expect(treeMove(rows, 1, 'ArrowLeft', 5)).toEqual({ move: 'go', row: 0 });
    expect(treeMove(rows, 2, 'ArrowRight', 5)).toBeNull();
    expect(treeMove(rows, 1, 'Enter', 5)).toEqual({ move: 'pick' });
    expect(treeMove([], -1, 'End', 5)).toBeNull();
  });

  it('go on from the place of a row that was only waiting, or has gone', async () => {
    const { tree } = await shownTree();
    tree.setOpen(nodeAt(tree, 1), true);
    const waiting = tree.rows[9]?.key ?? '';
    expect(rowInHand(tree.rows, waiting, -1)).toBe(9);
    tree.see(2, 12);
    await vi.waitFor(() => expect(tree.rows[9]?.kind).toBe('node'));
    expect(rowInHand(tree.rows, waiting, 9)).toBe(9);
    tree.setOpen(nodeAt(tree, 1), false);
    expect(rowInHand(tree.rows, waiting, 9)).toBe(2);
  });

  it('find by the beginning of a name, or of the last part of a path', async () => {
    const { tree } = await shownTree();
    tree.setOpen(nodeAt(tree, 1), true);
    tree.see(2, 12);
    await vi.waitFor(() => expect(tree.rows[2]?.kind).toBe('node'));
    const typing = new TypeAhead();
    const type = (word: string, at: number, nowMs: number): number =>
      [...word].reduce((place, letter, i) => typing.type(letter, tree.rows, place, nowMs + i), at);
    expect(namesOf(tree.rows)[type('f12', 0, 0)]).toBe('/dir/f12');
    expect(namesOf(tree.rows)[type('swap', 0, 5000)]).toBe('swap');
    // The same letter again goes on to the next.
    const first = type('f', 1, 20_000);
    expect(namesOf(tree.rows)[first]).toBe('/dir/f0');
    expect(namesOf(tree.rows)[typing.type('f', tree.rows, first, 20_100)]).toBe('/dir/f1');
    expect(typing.type('x', tree.rows, 0, 90_000)).toBe(-1);
    // After another key a word begins anew, however soon.
    typing.end();
    expect(namesOf(tree.rows)[typing.type('s', tree.rows, 0, 90_001)]).toBe('swap');
  });
});
