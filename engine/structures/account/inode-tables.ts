import { Op } from '#shared/events/vocabulary.ts';
import { sameKindWords } from '../knowledge/request-names.ts';
import type { AccountDisk, AccountRule, Told, TouchedRequest } from './account-rule.ts';
import { isInside, isWithin, madeFileSystems } from './file-systems.ts';
import { Mounts } from './mounts.ts';
import { Tally } from './tally.ts';
import { fileSystemOf, placedWords } from './words.ts';

/** Inode tables were zeroed after their file system had been made: lazily, as mke2fs leaves it to whoever mounts it first. */
export class InodeTables implements AccountRule {
  readonly #made: ReturnType<typeof madeFileSystems>;
  readonly #mounts: Mounts;
  readonly #zeroed = new Tally(fileSystemOf);

  constructor(disk: AccountDisk) {
    this.#made = madeFileSystems(disk);
    this.#mounts = new Mounts(disk);
  }

  request(request: TouchedRequest): void {
    this.#mounts.request(request);
    if (request.op !== Op.Zero || request.touched === null) return;
    for (const [at, bytes] of request.touched.structures) {
      if (at.structure.kind !== 'inodeTable') continue;
      if (this.#made.some((made) => isInside(at.path, made.path) && isWithin(made, request))) continue;
      this.#zeroed.add(at, request, bytes);
    }
  }

  told(): Told[] {
    return this.#zeroed.groups().map(({ at, parts, evidence }) => {
      const which = sameKindWords(parts.map((part) => part.at));
      const what =
        parts.length === 1 ? `the ${which}` : `the ${which.replace(/^inode table,/, 'inode table of')}`;
      const be = parts.length === 1 ? 'was' : 'were';
      const when = this.#sinceMount(at.path, evidence.firstUs);
      const text = `${when}${what.replace(', group', ' of group')} of ${placedWords(at)} ${be} zeroed`;
      return { text, evidence, path: at.path };
    });
  }

  /** `9 s after the mount, `; empty when no mount is told of before. */
  #sinceMount(path: string, us: number): string {
    const mount = this.#mounts.facts.findLast(
      ({ change, isMount, evidence }) =>
        isMount && change.path === path && evidence.requests > 0 && evidence.firstUs <= us,
    );
    if (mount === undefined) return '';
    const seconds = (us - mount.evidence.firstUs) / 1e6;
    return Number.isFinite(seconds)
      ? `${seconds < 9.95 ? seconds.toFixed(1) : Math.round(seconds)} s after the mount, `
      : '';
  }
}
