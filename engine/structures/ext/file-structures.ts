import { inlineBytes, parseAttributeBlock } from './attributes.ts';
import type { StructureDraft } from './budget.ts';
import { type ExtReader, isTrouble } from './ext-reader.ts';
import { blockMapOf, INODE_FLAG, type Inode, isFastSymlink } from './inode.ts';
import { dataExtents, inodeFacts, mappingStructures } from './inode-structures.ts';
import type { MapCollector, Mapper } from './mapping.ts';
import { shownText } from './text.ts';

/** Longer targets than this are none: symlinks are at most one page. */
const MOST_TARGET_BYTES = 4096;
/** So many names of attributes are told. */
const MOST_NAMES = 16;

/** A file as a structure, with what it was made of. */
export interface FileParts {
  readonly inode: Inode;
  readonly map: MapCollector;
  readonly structure: StructureDraft;
}

/** Makes structures of inodes. One serves a whole file system: blocks of attributes are told once. */
export class FileStructures {
  readonly #reader: ExtReader;
  readonly #mapper: Mapper;
  /** Blocks of attributes that were told, and of which file first. */
  readonly #attributeBlocks = new Map<number, string>();

  constructor(reader: ExtReader, mapper: Mapper) {
    this.#reader = reader;
    this.#mapper = mapper;
  }

  /** The structure of an inode that is called `name`, a full path where it has one. */
  async make(inode: Inode, name: string, key = `inode:${inode.number}`): Promise<FileParts> {
    const map = await this.#mapper.map(inode);
    const extents = dataExtents(this.#reader, inode, map);
    const { facts, problems } = inodeFacts(this.#reader, inode, map);
    if (inode.type === 'directory') facts.push(['names', directoryForm(inode)]);
    else if (inode.type === 'symlink') facts.push(['points to', await this.#target(inode, map)]);
    else if (inode.type !== 'file') facts.push(['type', inode.type]);
    const kind = inode.type === 'directory' ? 'directory' : 'file';
    const structure = this.#reader.budget.make(kind, key, name, extents, [...facts, ...problems]);
    structure.children.push(...mappingStructures(this.#reader, map, name));
    if (inode.attributeBlock !== 0) await this.#addAttributes(inode, name, structure);
    return { inode, map, structure };
  }

  async #target(inode: Inode, map: MapCollector): Promise<string> {
    if ((inode.flags & INODE_FLAG.encrypted) !== 0) return 'an encrypted name';
    const length = Math.min(inode.sizeBytes, MOST_TARGET_BYTES);
    if (isFastSymlink(inode)) return shownText(blockMapOf(inode).subarray(0, length));
    if ((inode.flags & INODE_FLAG.inlineData) !== 0) return shownText(inlineBytes(inode, blockMapOf(inode)));
    const first = map.runs.find(({ logicalBlock }) => logicalBlock === 0);
    if (first === undefined) return 'nothing: it has no block';
    const bytes = await this.#reader.attempt(() => this.#reader.block(first.firstBlock, 'its target'));
    return isTrouble(bytes) ? `not read, because ${bytes.reason}` : shownText(bytes.subarray(0, length));
  }

  async #addAttributes(inode: Inode, name: string, structure: StructureDraft): Promise<void> {
    const block = inode.attributeBlock;
    const sharedWith = this.#attributeBlocks.get(block);
    if (sharedWith !== undefined) {
      structure.facts.push(['extended attributes', `in block ${block}, shared with ${sharedWith}`]);
      return;
    }
    this.#attributeBlocks.set(block, name);
    const reader = this.#reader;
    const run = { firstBlock: block, count: 1 };
    const what = `extended attributes of ${name}`;
    const bytes = await reader.attempt(() => reader.block(block, 'the block of its attributes'));
    const attributes = isTrouble(bytes) ? null : parseAttributeBlock(reader, block, bytes);
    if (attributes === null) {
      const reason = isTrouble(bytes)
        ? bytes.reason
        : `block ${block} has no signature of extended attributes`;
      structure.children.push(reader.notUnderstood('attributes', what, reason, run));
      return;
    }
    const facts: (readonly [string, string])[] = [
      ['attributes', attributes.names.slice(0, MOST_NAMES).join(', ') || 'none'],
      ['inodes that share it', `${attributes.references}`],
    ];
    if (attributes.checksumRight !== null) {
      facts.push(['checksum', attributes.checksumRight ? 'right' : 'wrong']);
    }
    const child = reader.budget.make('otherMetadata', 'attributes', what, reader.extentsOf(run), facts);
    structure.children.push(child);
  }
}

function directoryForm(inode: Inode): string {
  if ((inode.flags & INODE_FLAG.inlineData) !== 0) return 'in its inode';
  return (inode.flags & INODE_FLAG.indexed) !== 0 ? 'indexed by hash (htree)' : 'in a row';
}
