import type { Answer } from '#shared/channel/answer.ts';
import type { Disposable } from '#shared/channel/channel.ts';
import type { Question } from '#shared/contract/questions.ts';
import type { StructureChild, StructuresAnswer } from '#shared/contract/structures.ts';
import { NOW_SEQUENCE } from './region-feeds.ts';

/** Children that are asked for at once. */
export const PAGE_CHILDREN = 100;

/** A disk whose tree is shown. */
export interface TreeRoot {
  readonly disk: number;
  readonly name: string;
  readonly sizeBytes: bigint;
  /** What is known of it: another number, and everything is looked up anew as it comes into sight. */
  readonly version: number;
}

/** A structure in the tree. */
export interface TreeNode {
  readonly kind: 'node';
  /** The same for the same structure, whatever became of it. */
  readonly key: string;
  readonly line: StructureChild;
  /** 1 for a disk. */
  readonly level: number;
  /** Null for a disk. */
  readonly parentKey: string | null;
  readonly isOpen: boolean;
  /** Its place among its siblings from 0, and how many there are. */
  readonly place: number;
  readonly siblings: number;
}

/** What stands where a structure is not known yet, or where some were left out. */
export interface TreeGap {
  readonly kind: 'waiting' | 'leftOut';
  readonly key: string;
  readonly level: number;
  readonly parentKey: string;
  /** Of what waits: its place among its siblings. Of what was left out: how many. */
  readonly count: number;
}

export type TreeRow = TreeNode | TreeGap;

/** What is known of the children of one structure. */
interface Branch {
  readonly disk: number;
  readonly path: string;
  readonly children: (StructureChild | undefined)[];
  facts: StructuresAnswer['node']['facts'];
  leftOut: number;
  /** For each page what it was known by; empty while it was never asked for. */
  readonly knownBy: string[];
  readonly asked: Set<number>;
  /** Why what was asked last is not known; null when it is. */
  trouble: string | null;
}

const NO_FACTS: StructuresAnswer['node']['facts'] = [];

type Ask = (question: Question, signal: AbortSignal) => Promise<Answer>;

/** The tree of what lies on the disks, as far as somebody has looked: branches are asked for page by page as they come into sight. */
export class StructureTree implements Disposable {
  readonly #ask: Ask;
  readonly #onChange: () => void;
  readonly #branches = new Map<string, Branch>();
  readonly #open = new Set<string>();
  /** Disks that were shown open, once. */
  readonly #greeted = new Set<number>();
  readonly #stop = new AbortController();
  #roots: readonly TreeRoot[] = [];
  #atSequence = 0;
  /** What answers now would be known by, disk by disk. */
  #moment = '';
  #rows: readonly TreeRow[] | null = null;
  #trouble: string | null = null;

  constructor(ask: Ask, onChange: () => void) {
    this.#ask = ask;
    this.#onChange = onChange;
  }

  /** Why something that is open is not known; null when all is. */
  get trouble(): string | null {
    this.#rows ??= this.#list();
    return this.#trouble;
  }

  /** Every row there is, from the top: those of branches that are open. */
  get rows(): readonly TreeRow[] {
    this.#rows ??= this.#list();
    return this.#rows;
  }

  /**
   * Says which disks are shown and as of when.
   * @param pastSequence the last row that is shown, while that is in the past; null for now.
   */
  show(roots: readonly TreeRoot[], pastSequence: number | null): void {
    this.#roots = roots;
    this.#atSequence = pastSequence ?? NOW_SEQUENCE;
    this.#moment = pastSequence === null ? 'now' : String(pastSequence);
    for (const { disk } of roots) {
      if (this.#greeted.has(disk)) continue;
      this.#greeted.add(disk);
      // One disk shows what lies on it at once; of many each is a line.
      if (roots.length <= 2) this.#open.add(keyOf(disk, ''));
    }
    this.#changed();
  }

  /** What is known of a structure: its facts, once its branch was asked for. */
  factsOf(key: string): StructuresAnswer['node']['facts'] {
    return this.#branches.get(key)?.facts ?? NO_FACTS;
  }

  /** Asks for what is known of a structure and its first children, where that is not known yet. */
  look(disk: number, path: string): void {
    const branch = this.#branchOf(disk, path);
    if (this.#roots.some((root) => root.disk === disk)) this.#load(branch, 0);
  }

  setOpen(row: TreeNode, isOpen: boolean): void {
    if (isOpen === this.#open.has(row.key) || row.line.children === 0) return;
    if (isOpen) this.#open.add(row.key);
    else this.#open.delete(row.key);
    this.#changed();
  }

  /** Opens everything above a structure, so that it can stand in the tree once its branches are known. */
  reveal(disk: number, path: string): void {
    const keys = path === '' ? [] : path.split('/');
    for (let depth = 0; depth < keys.length; depth += 1) {
      this.#open.add(keyOf(disk, keys.slice(0, depth).join('/')));
    }
    this.#changed();
  }

  /** Rows [from, to) are in sight: asks for what is not known of them. */
  see(from: number, to: number): void {
    for (const row of this.rows.slice(from, to)) {
      if (row.kind === 'node') {
        if (row.isOpen && row.line.children > 0) this.#loadBranch(row.key, 0);
        if (row.parentKey !== null) this.#loadBranch(row.parentKey, Math.floor(row.place / PAGE_CHILDREN));
      } else if (row.kind === 'waiting') {
        this.#loadBranch(row.parentKey, Math.floor(row.count / PAGE_CHILDREN));
      }
    }
  }

  /** Other disks may have these numbers now: nothing of what was looked at is theirs. */
  forget(): void {
    this.#branches.clear();
    this.#open.clear();
    this.#greeted.clear();
    this.#roots = [];
    this.#changed();
  }

  /** The engine may know other things than before. */
  restart(): void {
    for (const branch of this.#branches.values()) {
      branch.asked.clear();
      branch.knownBy.length = 0;
    }
    this.#changed();
  }

  dispose(): void {
    this.#stop.abort();
  }

  #changed(): void {
    this.#rows = null;
    this.#onChange();
  }

  #branchOf(disk: number, path: string): Branch {
    const key = keyOf(disk, path);
    const known = this.#branches.get(key);
    if (known !== undefined) return known;
    const branch: Branch = {
      disk,
      path,
      children: [],
      facts: NO_FACTS,
      leftOut: 0,
      knownBy: [],
      asked: new Set(),
      trouble: null,
    };
    this.#branches.set(key, branch);
    return branch;
  }

  #loadBranch(key: string, page: number): void {
    const at = key.indexOf(':');
    this.#load(this.#branchOf(Number(key.slice(0, at)), key.slice(at + 1)), page);
  }

  #load(branch: Branch, page: number): void {
    const version = this.#roots.find(({ disk }) => disk === branch.disk)?.version ?? 0;
    const knownBy = `${version}/${this.#moment}`;
    if (version === 0 || branch.asked.has(page) || branch.knownBy[page] === knownBy) return;
    branch.asked.add(page);
    const { disk, path } = branch;
    const firstChild = page * PAGE_CHILDREN;
    const question = { about: 'structures' as const, disk, path, atSequence: this.#atSequence, firstChild };
    this.#ask({ ...question, limit: PAGE_CHILDREN }, this.#stop.signal).then(
      (answer) => {
        branch.asked.delete(page);
        this.#take(branch, page, knownBy, answer.json as StructuresAnswer);
      },
      (error: unknown) => {
        branch.asked.delete(page);
        branch.knownBy[page] = knownBy;
        branch.facts = NO_FACTS;
        branch.trouble = error instanceof Error ? error.message : String(error);
        this.#changed();
      },
    );
  }

  #take(
    branch: Branch,
    page: number,
    knownBy: string,
    { node, children, childrenLeftOut }: StructuresAnswer,
  ): void {
    const first = page * PAGE_CHILDREN;
    branch.children.length = node.children;
    children.forEach((child, i) => {
      if (first + i < node.children) branch.children[first + i] = child;
    });
    branch.facts = node.facts;
    branch.trouble = null;
    branch.leftOut = childrenLeftOut;
    branch.knownBy[page] = knownBy;
    this.#changed();
  }

  #list(): readonly TreeRow[] {
    const rows: TreeRow[] = [];
    this.#trouble = null;
    this.#roots.forEach((root, place) => {
      const branch = this.#branches.get(keyOf(root.disk, ''));
      const line: StructureChild = {
        disk: root.disk,
        path: '',
        kind: 'disk',
        name: root.name,
        // Until it is known there is something to open.
        children: branch === undefined || branch.knownBy.length === 0 ? 1 : branch.children.length,
        bytes: String(root.sizeBytes),
      };
      this.#add(rows, line, 1, null, place, this.#roots.length);
    });
    return rows;
  }

  #add(
    rows: TreeRow[],
    line: StructureChild,
    level: number,
    parentKey: string | null,
    place: number,
    siblings: number,
  ): void {
    const key = keyOf(line.disk, line.path);
    const isOpen = this.#open.has(key) && line.children > 0;
    rows.push({ kind: 'node', key, line, level, parentKey, isOpen, place, siblings });
    const branch = this.#branches.get(key);
    // Why what has left the tree is not known is nothing that one would ask.
    if (this.#open.has(key)) this.#trouble ??= branch?.trouble ?? null;
    if (!isOpen) return;
    const count =
      branch === undefined || branch.children.length === 0 ? line.children : branch.children.length;
    for (let i = 0; i < count; i += 1) {
      const child = branch?.children[i];
      if (child !== undefined) this.#add(rows, child, level + 1, key, i, count);
      else rows.push({ kind: 'waiting', key: `${key}#${i}`, level: level + 1, parentKey: key, count: i });
    }
    const leftOut = branch?.leftOut ?? 0;
    if (leftOut > 0)
      rows.push({ kind: 'leftOut', key: `${key}#out`, level: level + 1, parentKey: key, count: leftOut });
  }
}

/** What a structure is called by in a tree of several disks. */
export function keyOf(disk: number, path: string): string {
  return `${disk}:${path}`;
}
