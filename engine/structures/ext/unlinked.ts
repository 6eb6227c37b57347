import { isSet, readInodeBitmap } from './bitmaps.ts';
import type { StructureDraft } from './budget.ts';
import type { DeletedFiles } from './deleted.ts';
import { DescriptorReader, type GroupDescriptor } from './descriptors.ts';
import { type ExtReader, isTrouble } from './ext-reader.ts';
import type { FileStructures } from './file-structures.ts';
import type { FileTree } from './file-tree.ts';
import { groupRange } from './geometry.ts';
import { INODE_FLAG, type Inode } from './inode.ts';
import type { InodeReader } from './inode-reader.ts';
import { readOrphanNumbers } from './orphans.ts';
import { specialInodes } from './special-inodes.ts';

/** Deleted files are looked for in this much of the inode tables; whole tables of a large disk take gigabytes. */
const MOST_TABLE_BYTES = 8 << 20;
/** Children of each kind of inode without a path that are told of. */
const MOST_CHILDREN = 1024;

/** What the scan works with. */
interface Parts {
  readonly reader: ExtReader;
  readonly inodes: InodeReader;
  readonly files: FileStructures;
  readonly deleted: DeletedFiles;
  readonly tree: FileTree;
}

/**
 * Looks through the inodes that no directory names: those to be deleted (`orphans`), in use all the same (`unnamed`), with
 * values of attributes (`attributeValues`), and deleted (`deleted`). Only what there is of these comes back.
 */
export async function readUnlinked(parts: Parts): Promise<StructureDraft[]> {
  return await new UnlinkedScan(parts).read();
}

class UnlinkedScan {
  readonly #parts: Parts;
  readonly #orphans: StructureDraft;
  readonly #unnamed: StructureDraft;
  readonly #values: StructureDraft;
  readonly #deleted: StructureDraft;
  /** Inodes that are told of elsewhere. */
  readonly #told: Set<number>;
  #tableBytesLeft = MOST_TABLE_BYTES;

  constructor(parts: Parts) {
    this.#parts = parts;
    const { reader } = parts;
    const { budget, superblock } = reader;
    this.#orphans = budget.make('directory', 'orphans', 'files to be deleted at the next mount');
    this.#unnamed = budget.make('directory', 'unnamed', 'files in use that no directory names');
    this.#values = budget.make('directory', 'attributeValues', 'values of extended attributes');
    this.#deleted = budget.make('directory', 'deleted', 'deleted files');
    this.#told = new Set([...specialInodes(reader).map(([number]) => number), superblock.journalInode]);
  }

  async read(): Promise<StructureDraft[]> {
    const { reader, inodes } = this.#parts;
    for (const number of await readOrphanNumbers(reader, inodes)) {
      const inode = await reader.attempt(() => inodes.get(number));
      if (isTrouble(inode)) {
        const name = `orphaned inode ${number}`;
        await this.#add(this.#orphans, async () =>
          reader.notUnderstood(`inode:${number}`, name, inode.reason),
        );
      } else if (!this.#parts.tree.reached.has(number)) {
        await this.#addFile(this.#orphans, inode, `orphaned inode ${number}`);
      }
      this.#told.add(number);
    }
    await this.#scan();
    return [this.#orphans, this.#unnamed, this.#values, this.#deleted].filter(
      ({ children, childrenLeftOut }) => children.length > 0 || childrenLeftOut !== undefined,
    );
  }

  async #scan(): Promise<void> {
    const { reader } = this.#parts;
    const { superblock } = reader;
    const descriptors = new DescriptorReader(reader);
    for (let group = 0; group < superblock.groupsCount && this.#isWorthwhile; group++) {
      await reader.breathe();
      if (groupRange(superblock, group).firstBlock >= reader.endBlock) return;
      const descriptor = await descriptors.get(group);
      if (!isTrouble(descriptor) && !descriptor.inodeTableUninit) await this.#scanGroup(group, descriptor);
    }
  }

  /** An unfinished walk proves nothing of files in use; past the budget no others are looked for. */
  get #isWorthwhile(): boolean {
    const { reader, tree } = this.#parts;
    return reader.budget.structuresLeft > 0 && (tree.complete || this.#tableBytesLeft > 0);
  }

  async #scanGroup(group: number, descriptor: GroupDescriptor): Promise<void> {
    const { reader, inodes, tree } = this.#parts;
    const { superblock } = reader;
    const bitmap = await reader.attempt(() => readInodeBitmap(reader, group, descriptor));
    if (isTrouble(bitmap)) return;
    const count = superblock.inodesPerGroup - descriptor.unusedInodes;
    for (let index = 0; index < count && this.#isWorthwhile; index++) {
      const number = group * superblock.inodesPerGroup + index + 1;
      if (number < superblock.firstInode || tree.reached.has(number) || this.#told.has(number)) continue;
      const isUsed = isSet(bitmap, index);
      if (isUsed ? !tree.complete : this.#tableBytesLeft <= 0) continue;
      await reader.breathe();
      const isDone = await reader.attempt(async () => {
        if (isUsed) await this.#addUsed(await inodes.at(number, descriptor, index));
        else await this.#addIfDeleted(number, descriptor, index);
        return {};
      });
      // One block of the table that cannot be had says that the others cannot either.
      if (isTrouble(isDone)) return;
    }
  }

  async #addIfDeleted(number: number, descriptor: GroupDescriptor, index: number): Promise<void> {
    const { reader, inodes, deleted } = this.#parts;
    this.#tableBytesLeft -= reader.superblock.inodeBytes;
    if (!(await inodes.isDeleted(number, descriptor, index))) return;
    const inode = await inodes.at(number, descriptor, index);
    if (inode.type !== 'unknown') await this.#add(this.#deleted, () => deleted.make(inode));
  }

  async #addUsed(inode: Inode): Promise<void> {
    if ((inode.flags & INODE_FLAG.attributeValue) !== 0) {
      await this.#addFile(this.#values, inode, `value of an extended attribute, inode ${inode.number}`);
    } else {
      await this.#addFile(this.#unnamed, inode, `inode ${inode.number}, which no directory names`);
    }
  }

  async #addFile(parent: StructureDraft, inode: Inode, name: string): Promise<void> {
    await this.#add(parent, async () => (await this.#parts.files.make(inode, name)).structure);
  }

  async #add(parent: StructureDraft, make: () => Promise<StructureDraft>): Promise<void> {
    if (this.#parts.reader.budget.structuresLeft > 0 && parent.children.length < MOST_CHILDREN) {
      parent.children.push(await make());
    } else {
      parent.childrenLeftOut = (parent.childrenLeftOut ?? 0) + 1;
    }
  }
}
