import {
  type AccountDisk,
  type AccountRule,
  Evidence,
  type Told,
  type TouchedRequest,
} from './account-rule.ts';
import { type FileSystemChange, fileSystemChanges, isInside, isSame, isWithin } from './file-systems.ts';
import { factOf, placedWords } from './words.ts';

/** A feature that ext3 and ext4 have while their journal may hold what is nowhere else (kernel fs/ext4/super.c). */
const NEEDS_RECOVERY = /\bneeds_recovery\b/;

/** What a file system says of itself that tells of a mount, or of the end of one. */
export interface MountFact {
  readonly change: FileSystemChange;
  readonly words: string;
  readonly isMount: boolean;
  readonly evidence: Evidence;
}

/**
 * File systems were mounted, or closed in good order: when its superblock tells of a later mount than before, somebody has mounted
 * it; that its journal needs no recovery any more is written when it is unmounted, made read-only or frozen.
 */
export class Mounts implements AccountRule {
  readonly facts: readonly MountFact[];

  constructor(disk: AccountDisk) {
    this.facts = fileSystemChanges(disk).flatMap(mountFacts);
  }

  request(request: TouchedRequest): void {
    for (const { change, evidence } of this.facts) {
      if (!isWithin(change, request)) continue;
      for (const [at, bytes] of request.touched?.structures ?? []) {
        if (at.structure.kind === 'superblock' && isInside(at.path, change.path))
          evidence.add(request, bytes);
      }
    }
  }

  told(): Told[] {
    return this.facts
      .filter(({ evidence }) => evidence.requests > 0)
      .map(({ words, evidence, change }) => ({ text: words, evidence, path: change.path }));
  }
}

function mountFacts(change: FileSystemChange): MountFact[] {
  const { before, after } = change;
  if (after === null) return [];
  const facts: MountFact[] = [];
  const told = (words: string, isMount: boolean): void => {
    facts.push({ change, words: `${placedWords(after)} ${words}`, isMount, evidence: new Evidence() });
  };
  const mounted = factOf(after.structure, 'last mounted');
  const isSameOne = before !== null && isSame(before.structure, after.structure);
  // One that came to be may have been mounted elsewhere before it was copied here.
  const formerly = isSameOne ? factOf(before.structure, 'last mounted') : mounted;
  if (mounted !== null && mounted !== 'never' && mounted !== formerly) told('was mounted', true);
  const needed = isSameOne && NEEDS_RECOVERY.test(factOf(before.structure, 'features') ?? '');
  if (needed && !NEEDS_RECOVERY.test(factOf(after.structure, 'features') ?? '')) {
    told('was closed in good order: unmounted, made read-only or frozen', false);
  }
  return facts;
}
