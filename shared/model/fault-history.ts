import * as v from 'valibot';
import type { ByteReader, ByteWriter } from '../bytes/binary.ts';
import { type FaultChange, FaultChangeSchema } from '../contract/faults.ts';

/** Changes of what makes disks fail that a session lists; the oldest go. */
export const MAX_FAULT_CHANGES = 200;

/** One change, as it is listed. */
export interface FaultChangeEntry {
  readonly disk: number;
  readonly sequence: number;
  readonly clockUs: number;
  readonly words: string;
}

/** In the list for a row whose text is no FaultChange: a recording from elsewhere may hold anything. */
const UNREADABLE = 'a change that cannot be read';

/** The text of a FaultChange row; null when it is none. */
export function readFaultChange(text: string): FaultChange | null {
  try {
    const parsed = v.safeParse(FaultChangeSchema, JSON.parse(text));
    return parsed.success ? parsed.output : null;
  } catch {
    return null;
  }
}

/** The changes of all disks of a session, in order. */
export class FaultHistory {
  #entries: readonly FaultChangeEntry[] = [];

  get entries(): readonly FaultChangeEntry[] {
    return this.#entries;
  }

  /** Lists a change; null: one that could not be read. */
  add(disk: number, sequence: number, clockUs: number, change: FaultChange | null): void {
    const entry = { disk, sequence, clockUs, words: change?.words ?? UNREADABLE };
    this.#entries = [...this.#entries.slice(-(MAX_FAULT_CHANGES - 1)), entry];
  }

  /** Forgets a disk: its number may come to stand for another. */
  leaveDisk(disk: number): void {
    this.#entries = this.#entries.filter((entry) => entry.disk !== disk);
  }

  write(to: ByteWriter): void {
    to.u32(this.#entries.length);
    for (const { disk, sequence, clockUs, words } of this.#entries) {
      to.u32(disk);
      to.f64(sequence);
      to.f64(clockUs);
      to.array(new TextEncoder().encode(words));
    }
  }

  /** @throws RangeError when there are more than a session lists. */
  read(from: ByteReader): void {
    const count = from.u32();
    if (count > MAX_FAULT_CHANGES) {
      throw new RangeError(`snapshot of ${count} fault changes; at most ${MAX_FAULT_CHANGES}`);
    }
    this.#entries = Array.from({ length: count }, () => ({
      disk: from.u32(),
      sequence: from.f64(),
      clockUs: from.f64(),
      words: new TextDecoder().decode(from.bytes()),
    }));
  }
}

/** Writes how a disk's faults stand; null when nothing ever changed them. */
export function writeFaults(faults: FaultChange | null, to: ByteWriter): void {
  to.array(new TextEncoder().encode(faults === null ? '' : JSON.stringify(faults)));
}

export function readFaults(from: ByteReader): FaultChange | null {
  return readFaultChange(new TextDecoder().decode(from.bytes()));
}
