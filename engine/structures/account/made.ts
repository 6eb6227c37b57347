import { formatBytes } from '#shared/bytes/size.ts';
import { Op } from '#shared/events/vocabulary.ts';
import { bytesOf } from '../knowledge/paths.ts';
import { listed } from '../knowledge/request-names.ts';
import {
  type AccountDisk,
  type AccountRule,
  Evidence,
  type Told,
  type TouchedRequest,
} from './account-rule.ts';
import { isInside, isWithin, madeFileSystems } from './file-systems.ts';
import { counted, placedWords } from './words.ts';

type Made = ReturnType<typeof madeFileSystems>[number];

/** What was done to make one file system. */
class Making {
  readonly made: Made;
  readonly evidence = new Evidence();
  discardedBytes = 0n;
  readonly backups = new Set<string>();
  isJournalWritten = false;

  constructor(made: Made) {
    this.made = made;
  }

  add(request: TouchedRequest): void {
    const { path } = this.made;
    let isOfIt = false;
    for (const [at, bytes] of request.touched?.structures ?? []) {
      if (!isInside(at.path, path) && at.path !== this.made.after.parent?.path) continue;
      isOfIt = true;
      if (request.op === Op.Trim) {
        this.discardedBytes += bytes;
        continue;
      }
      if (at.structure.kind === 'superblockBackup') this.backups.add(at.path);
      if (at.structure.kind === 'journal') this.isJournalWritten = true;
    }
    if (isOfIt) this.evidence.add(request);
  }

  get words(): string {
    const { after } = this.made;
    const parts: string[] = [];
    if (this.discardedBytes > 0n)
      parts.push(
        `${discardWords(after.parent?.structure.name, this.discardedBytes, bytesOf(after.structure))}`,
      );
    const written: string[] = [];
    if (this.backups.size > 0) written.push(counted(this.backups.size, 'backup superblock'));
    const journal = after.structure.children.find(({ kind }) => kind === 'journal');
    if (this.isJournalWritten && journal !== undefined) {
      written.push(`a journal of ${formatBytes(bytesOf(journal))}`);
    }
    if (written.length > 0) {
      const isOne = written.length === 1 && this.backups.size < 2;
      parts.push(`${listed(written)} ${isOne ? 'was' : 'were'} written`);
    }
    const what = `${placedWords(after)} came to be`;
    return parts.length === 0 ? what : `${what}: ${listed(parts)}`;
  }
}

function discardWords(holder: string | undefined, bytes: bigint, wholeBytes: bigint): string {
  const what = holder ?? 'the disk';
  return bytes * 10n >= wholeBytes * 9n
    ? `all of ${what} was discarded`
    : `${formatBytes(bytes)} of ${what} were discarded`;
}

/**
 * A file system came to be where none was, or another: its superblock says so. With what was written for it. Whether it was made
 * here or copied, the writes do not tell.
 */
export class MadeFileSystems implements AccountRule {
  readonly #making: readonly Making[];

  constructor(disk: AccountDisk) {
    this.#making = madeFileSystems(disk).map((made) => new Making(made));
  }

  request(request: TouchedRequest): void {
    for (const making of this.#making) if (isWithin(making.made, request)) making.add(request);
  }

  told(): Told[] {
    return this.#making
      .filter(({ evidence }) => evidence.requests > 0)
      .map(({ words, evidence, made }) => ({ text: words, evidence, path: made.path }));
  }
}
