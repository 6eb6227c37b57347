import type { StructureDraft } from './budget.ts';
import type { DirectoryEntry } from './directory.ts';
import { DirectoryReader } from './directory-reader.ts';
import { type ExtReader, isTrouble } from './ext-reader.ts';
import type { FileParts, FileStructures } from './file-structures.ts';
import type { InodeReader } from './inode-reader.ts';
import { shownText } from './text.ts';

const ROOT_INODE = 2;
/** Directories nested deeper are not read: their paths are longer than programs take, and a tree so deep helps nobody. */
const DEEPEST = 512;
/** So many other paths of a file with hard links are told. */
const MOST_OTHER_PATHS = 4;

interface Directory extends FileParts {
  /** Its full path with a slash at the end. */
  readonly prefix: string;
  readonly depth: number;
}

/** A file that was found, and where else it is. */
interface Known {
  readonly structure: StructureDraft;
  readonly isDirectory: boolean;
  readonly links: number;
  readonly otherPaths: string[];
  found: number;
}

/** The files of a file system, under its directories. */
export interface FileTree {
  /** The root directory, or why it cannot be read. */
  readonly root: StructureDraft;
  /** Numbers of all inodes that have a path. */
  readonly reached: ReadonlySet<number>;
  /** Whether every directory was read to its end. */
  readonly complete: boolean;
}

/** Reads all directories, those nearest to the root first, until there are as many structures as may be made. */
export async function readFileTree(
  reader: ExtReader,
  inodes: InodeReader,
  files: FileStructures,
): Promise<FileTree> {
  return await new TreeWalk(reader, inodes, files).read();
}

class TreeWalk {
  readonly #reader: ExtReader;
  readonly #inodes: InodeReader;
  readonly #files: FileStructures;
  readonly #directories: DirectoryReader;
  readonly #known = new Map<number, Known>();
  readonly #waiting: Directory[] = [];
  #complete = true;

  constructor(reader: ExtReader, inodes: InodeReader, files: FileStructures) {
    this.#reader = reader;
    this.#inodes = inodes;
    this.#files = files;
    this.#directories = new DirectoryReader(reader);
  }

  async read(): Promise<FileTree> {
    const rootInode = await this.#reader.attempt(() => this.#inodes.get(ROOT_INODE));
    if (isTrouble(rootInode) || rootInode.type !== 'directory') {
      const reason = isTrouble(rootInode) ? rootInode.reason : 'inode 2, the root, is no directory';
      const root = this.#reader.notUnderstood('files', 'the root directory', reason);
      return { root, reached: new Set(), complete: false };
    }
    const root = await this.#files.make(rootInode, '/', 'files');
    this.#remember(root);
    this.#waiting.push({ ...root, prefix: '/', depth: 0 });
    // The list grows while it is gone through.
    for (const directory of this.#waiting) await this.#readDirectory(directory);
    for (const known of this.#known.values()) tellOfLinks(known);
    return { root: root.structure, reached: new Set(this.#known.keys()), complete: this.#complete };
  }

  async #readDirectory(directory: Directory): Promise<void> {
    const { budget } = this.#reader;
    const { structure, inode, map } = directory;
    if (budget.structuresLeft === 0 || directory.depth >= DEEPEST) {
      this.#complete = false;
      structure.facts.push([
        'not listed',
        'as there are more files, or more deeply nested ones, than are read',
      ]);
      return;
    }
    const problemsBefore = map.problems.length;
    const listing = await this.#directories.list(inode, map, budget.structuresLeft);
    for (const problem of map.problems.slice(problemsBefore)) {
      structure.facts.push(['not understood here, because', problem]);
    }
    if (map.problems.length > 0 || map.leftOut) this.#complete = false;
    let leftOut = listing.leftOut;
    // Neighbours in the inode table are read together, whatever order their names have.
    for (const entry of listing.entries.toSorted((a, b) => a.inode - b.inode)) {
      await this.#reader.breathe();
      if (budget.structuresLeft === 0) leftOut++;
      else await this.#addEntry(directory, entry);
    }
    structure.children.sort(byKindThenName);
    if (leftOut === 0) return;
    structure.childrenLeftOut = leftOut;
    this.#complete = false;
  }

  async #addEntry(directory: Directory, entry: DirectoryEntry): Promise<void> {
    const path = directory.prefix + shownText(entry.name).replaceAll('/', '\\x2f');
    const known = this.#known.get(entry.inode);
    if (known !== undefined) {
      this.#addLink(directory, known, entry.inode, path);
      return;
    }
    const inode = await this.#reader.attempt(() => this.#inodes.get(entry.inode));
    if (isTrouble(inode)) {
      this.#complete = false;
      directory.structure.children.push(
        this.#reader.notUnderstood(`inode:${entry.inode}`, path, inode.reason),
      );
      return;
    }
    const file = await this.#files.make(inode, path);
    this.#remember(file);
    directory.structure.children.push(file.structure);
    if (inode.type === 'directory') {
      this.#waiting.push({ ...file, prefix: `${path}/`, depth: directory.depth + 1 });
    }
  }

  /** Another path of a file that was found. Directories have one path: a second would make a loop. */
  #addLink(directory: Directory, known: Known, inode: number, path: string): void {
    if (known.isDirectory) {
      this.#complete = false;
      const reason = `it names the directory ${known.structure.name} a second time`;
      directory.structure.children.push(this.#reader.notUnderstood(`again:${inode}`, path, reason));
      return;
    }
    known.found++;
    if (known.otherPaths.length < MOST_OTHER_PATHS) known.otherPaths.push(path);
  }

  #remember({ inode, structure }: FileParts): void {
    const isDirectory = inode.type === 'directory';
    this.#known.set(inode.number, { structure, isDirectory, links: inode.links, otherPaths: [], found: 1 });
  }
}

function tellOfLinks({ structure, isDirectory, links, otherPaths, found }: Known): void {
  if (isDirectory || (links === 1 && found === 1)) return;
  const counted = links === found ? `${links}` : `${links}, of which ${found} were found`;
  structure.facts.push(['hard links', counted]);
  if (otherPaths.length > 0) structure.facts.push(['also', otherPaths.join(', ')]);
}

/** What a directory consists of, then what it holds, by name. */
function byKindThenName(a: StructureDraft, b: StructureDraft): number {
  const rank = (structure: StructureDraft): number =>
    structure.key === 'mapping' || structure.key === 'attributes' ? 0 : 1;
  return rank(a) - rank(b) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
}
