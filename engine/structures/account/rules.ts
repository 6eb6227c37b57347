import type { AccountDisk, AccountRule } from './account-rule.ts';
import { Arrays } from './arrays.ts';
import { Discards } from './discards.ts';
import { Files } from './files.ts';
import { GoneFileSystems } from './gone.ts';
import { InodeTables } from './inode-tables.ts';
import { Journals } from './journals.ts';
import { MadeFileSystems } from './made.ts';
import { Metadata } from './metadata.ts';
import { Mounts } from './mounts.ts';
import { PartitionTables } from './partition-tables.ts';
import { UnknownPlaces } from './unknown-places.ts';

/** Every rule there is, new for one disk of one span. */
export function rulesFor(disk: AccountDisk): readonly AccountRule[] {
  return [
    new PartitionTables(),
    new Arrays(),
    new GoneFileSystems(disk),
    new MadeFileSystems(disk),
    new Mounts(disk),
    new InodeTables(disk),
    new Journals(disk),
    new Files(disk),
    new Metadata(disk),
    new Discards(disk),
    new UnknownPlaces(),
  ];
}
