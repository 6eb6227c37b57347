import type { ArrayLayout } from '#shared/contract/arrays.ts';
import { SAMPLES, type SampleId } from '#shared/contract/samples.ts';
import { RefusedError } from './refused-error.ts';
import type { Session } from './session/session.ts';

/** Which disks of the session make up arrays: as a person has said, or as is known of a sample. */
export class ArrayLayouts {
  readonly #session: Session;
  #arrays: readonly ArrayLayout[] = [];
  /** Once a person may have changed what was told of a sample's array, it is not told again. */
  #sampleTold = false;

  constructor(session: Session) {
    this.#session = session;
  }

  /** @throws RefusedError for a disk that is not there, or is named twice. */
  set(arrays: readonly ArrayLayout[]): void {
    const named = new Set<number>();
    for (const array of arrays) {
      for (const disk of [...array.members, ...array.spares]) {
        if (disk === null) continue;
        if (!this.#session.hasDisk(disk)) throw new RefusedError(`${array.name}: there is no disk ${disk}`);
        if (named.has(disk)) throw new RefusedError(`${array.name}: disk ${disk} stands in an array twice`);
        named.add(disk);
      }
    }
    this.#arrays = [...arrays];
  }

  /** Disks are numbered anew: what was said of the former would be taken for these. */
  clear(): void {
    this.#arrays = [];
    this.#sampleTold = false;
  }

  /** Tells of the array in a sample, once its disks have been found. */
  tellSample(sample: SampleId): void {
    const array = SAMPLES.find(({ id }) => id === sample)?.array ?? null;
    const disks = this.#session.diskInfos().map(({ id }) => id);
    if (array === null || this.#sampleTold) return;
    // Disks are found one after another.
    if (disks.length < array.members.length + array.spares.length) return;
    this.#sampleTold = true;
    const idOf = (place: number): number | null => disks[place] ?? null;
    this.#arrays = [
      {
        ...array,
        members: array.members.map((place) => (place === null ? null : idOf(place))),
        spares: array.spares.flatMap((place) => idOf(place) ?? []),
      },
    ];
  }

  /** An array whose disks have all gone is of no more use; one that lost some still tells where the others stand. */
  infos(): ArrayLayout[] {
    return this.#arrays
      .map((array) => ({
        ...array,
        members: array.members.map((disk) => (disk !== null && this.#session.hasDisk(disk) ? disk : null)),
        spares: array.spares.filter((disk) => this.#session.hasDisk(disk)),
      }))
      .filter(({ members, spares }) => spares.length > 0 || members.some((disk) => disk !== null));
  }
}
