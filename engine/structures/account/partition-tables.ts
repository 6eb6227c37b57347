import { Op } from '#shared/events/vocabulary.ts';
import { type Located, wayTo } from '../knowledge/structure-index.ts';
import { type AccountRule, Evidence, type Told, type TouchedRequest } from './account-rule.ts';

interface Table {
  readonly at: Located;
  readonly evidence: Evidence;
  atBeginning: boolean;
  atEnd: boolean;
}

/** A partition table was written: at both ends of the disk, where it has copies at both. */
export class PartitionTables implements AccountRule {
  readonly #tables = new Map<string, Table>();

  request(request: TouchedRequest): void {
    if (request.op === Op.Trim || request.touched === null) return;
    for (const [at, bytes] of request.touched.structures) {
      if (at.structure.kind !== 'partitionTable') continue;
      const table = this.#tableOf(at);
      table.evidence.add(request, bytes);
      if (isInSecondHalf(at)) table.atEnd = true;
      else table.atBeginning = true;
    }
  }

  told(): Told[] {
    return [...this.#tables.values()].map((table) => ({
      text: `${table.at.structure.name} written${placeWords(table)}`,
      evidence: table.evidence,
      path: table.at.path,
    }));
  }

  #tableOf(at: Located): Table {
    const outer = wayTo(at).find(({ structure: { kind } }) => kind === 'partitionTable') ?? at;
    let table = this.#tables.get(outer.path);
    if (table === undefined) {
      table = { at: outer, evidence: new Evidence(), atBeginning: false, atEnd: false };
      this.#tables.set(outer.path, table);
    }
    return table;
  }
}

function placeWords({ at, atBeginning, atEnd }: Table): string {
  const hasBackup = at.structure.children.some(
    (structure) =>
      structure.kind === 'partitionTable' && isInSecondHalf({ structure, parent: at, path: at.path }),
  );
  if (!hasBackup) return '';
  if (atBeginning && atEnd) return ' at both ends of the disk';
  return atEnd ? ' at the end of the disk alone' : ' at the beginning of the disk alone';
}

function isInSecondHalf(at: Located): boolean {
  const diskBytes = wayTo(at)[0]?.structure.extents[0]?.endBytes ?? 0n;
  return (at.structure.extents[0]?.startBytes ?? 0n) * 2n > diskBytes;
}
