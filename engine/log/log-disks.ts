import type { SourceDisk } from '#engine/session/source.ts';
import { joinHalves } from '#shared/bytes/size.ts';
import { MAX_DISKS } from '#shared/model/session-state.ts';
import { RecentNumbers } from './recent-numbers.ts';

/** Stands for the disk of a connection whose rows are not shown. Past every disk number. */
export const NO_DISK = 0xfffe;
const DIRECT_CONNECTIONS = 4096;
const TWO_32 = 0x1_0000_0000;

/**
 * The disks that a log names, by export, and which of them each connection has opened. Numbers are handed out in
 * order of appearance, at most {@link MAX_DISKS}.
 */
export class LogDisks {
  readonly #names: string[] = [];
  readonly #sizes: (bigint | null)[] = [];
  readonly #indexes = new Map<string, number>();
  /** One past the highest byte asked for, in halves. */
  readonly #highestLow = new Uint32Array(MAX_DISKS);
  readonly #highestHigh = new Uint32Array(MAX_DISKS);
  /** A request that ends past this, in halves, tells something new: the lesser of the highest byte and the size. */
  readonly limitLow = new Uint32Array(MAX_DISKS);
  readonly limitHigh = new Uint32Array(MAX_DISKS);
  readonly #changed = new Set<number>();
  readonly #direct = new Uint16Array(DIRECT_CONNECTIONS);
  readonly #others = new Map<number, number>();
  /** Connections of this run whose request 1 has been seen. */
  readonly #begun = new RecentNumbers();
  /** Connections of this run that had a Connect line. */
  readonly #connected = new RecentNumbers();
  /** Exports that found no number any more. */
  refused = 0;

  get count(): number {
    return this.#names.length;
  }

  /** The disk a connection has opened, plus 1; 0 when nothing is known of the connection. */
  ofConnection(connection: number): number {
    return connection < DIRECT_CONNECTIONS
      ? (this.#direct[connection] ?? 0)
      : (this.#others.get(connection) ?? 0);
  }

  /** Notes that a connection uses a disk. */
  assign(connection: number, disk: number): void {
    if (connection < DIRECT_CONNECTIONS) this.#direct[connection] = disk + 1;
    else this.#others.set(connection, disk + 1);
  }

  /** Notes a Connect line; false when it shows that another run has begun: the connection's number comes again. */
  connect(connection: number): boolean {
    const used = this.#begun.has(connection) || (connection === 1 && this.ofConnection(1) !== 0);
    return !used && this.#connected.add(connection);
  }

  /** Notes request 1 of a connection; false when it had one before. */
  begin(connection: number): boolean {
    if (this.#begun.has(connection)) return false;
    this.#begun.add(connection);
    return true;
  }

  forget(connection: number): void {
    if (connection < DIRECT_CONNECTIONS) this.#direct[connection] = 0;
    else this.#others.delete(connection);
  }

  /** Another run begins: connections start anew, disks stay. */
  startRun(): void {
    this.#direct.fill(0);
    this.#others.clear();
    this.#begun.clear();
    this.#connected.clear();
  }

  /**
   * The number of an export, made on first use; {@link NO_DISK} when there are too many. A size replaces the one known
   * before, null leaves it.
   */
  open(exportName: string, sizeBytes: bigint | null): number {
    let disk = this.#indexes.get(exportName);
    if (disk === undefined) {
      if (this.count === MAX_DISKS) {
        this.refused += 1;
        return NO_DISK;
      }
      disk = this.count;
      this.#indexes.set(exportName, disk);
      this.#names.push(exportName);
      this.#sizes.push(sizeBytes);
      this.#changed.add(disk);
    } else if (sizeBytes !== null && this.#sizes[disk] !== sizeBytes) {
      this.#sizes[disk] = sizeBytes;
      this.#changed.add(disk);
    }
    this.#setLimit(disk);
    return disk;
  }

  #setLimit(disk: number): void {
    const highest = this.#highest(disk);
    const size = this.#sizes[disk] ?? null;
    const limit = size !== null && size < highest ? size : highest;
    this.limitLow[disk] = Number(limit & 0xffff_ffffn);
    this.limitHigh[disk] = Number(limit >> 32n);
  }

  #highest(disk: number): bigint {
    return joinHalves(this.#highestHigh[disk] ?? 0, this.#highestLow[disk] ?? 0);
  }

  /** Notes a request that ends past the limit. True when it ends beyond the disk's end. */
  reach(disk: number, endHigh: number, endLow: number): boolean {
    const end = endHigh >= TWO_32 ? (1n << 64n) - 1n : joinHalves(endHigh, endLow);
    if (end > this.#highest(disk)) {
      this.#highestHigh[disk] = Number(end >> 32n);
      this.#highestLow[disk] = Number(end & 0xffff_ffffn);
      this.#setLimit(disk);
      this.#changed.add(disk);
    }
    const size = this.#sizes[disk] ?? null;
    return size !== null && end > size;
  }

  /** Hands each disk that is new, or of which more is known, to `tell`. */
  tellChanged(tell: (disk: SourceDisk) => void): void {
    if (this.#changed.size === 0) return;
    for (const index of this.#changed) {
      tell({
        index,
        exportName: this.#names[index] ?? '',
        sizeBytes: this.#sizes[index] ?? null,
        highestByte: this.#highest(index),
      });
    }
    this.#changed.clear();
  }
}
