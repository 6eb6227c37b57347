import { encodeVersion } from '#engine/structures/knowledge/version-text.ts';
import type { KeptVersion, Versions } from '#engine/structures/knowledge/versions.ts';

/** What is known of the structures on one disk, to be written down. */
export interface KnownDisk {
  readonly disk: number;
  readonly versions: Versions;
}

interface Written {
  readonly versions: Versions;
  last: KeptVersion | null;
}

/** Tells which versions a capture has still to get, each as the text of a row. */
export class KnownVersions {
  readonly #written = new Map<number, Written>();

  /** The texts of what has become known since it was asked before, in order; a text counts as written once it is taken. */
  *texts(disks: readonly KnownDisk[]): Generator<string> {
    for (const { disk, versions } of disks) {
      let written = this.#written.get(disk);
      if (written?.versions !== versions) {
        written = { versions, last: null };
        this.#written.set(disk, written);
      }
      for (const version of versions.all) {
        if (written.last !== null && version.number <= written.last.number) continue;
        const text = encodeVersion(disk, version, written.last);
        written.last = version;
        yield text;
      }
    }
  }
}
