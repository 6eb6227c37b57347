import { readFileSync } from 'node:fs';
import { recording } from './app.ts';

const ARRIVAL =
  /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)\.(\d{6}) connection=\d+ (Read|Write|Trim|Zero|Flush) .*\.\.\.$/;

/** A request of a recorded log. */
export interface RecordedArrival {
  readonly us: number;
  /** As the legend names it. */
  readonly op: string;
}

/** The requests of a recording in the order in which they arrived, read without any code of the product. */
export function recordedArrivals(log: string): RecordedArrival[] {
  return readFileSync(recording(log), 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [, day = '', time = '', micros = '', op = ''] = ARRIVAL.exec(line) ?? [];
      if (op === '') return [];
      return [{ us: Date.parse(`${day}T${time}Z`) * 1000 + Number(micros), op: op.toLowerCase() }];
    });
}

/** How many of them had arrived at a moment, by operation. */
export function countsAt(arrivals: readonly RecordedArrival[], us: number): Record<string, number> {
  const counts: Record<string, number> = { read: 0, write: 0, trim: 0, zero: 0 };
  for (const arrival of arrivals) {
    if (arrival.us <= us && counts[arrival.op] !== undefined)
      counts[arrival.op] = (counts[arrival.op] ?? 0) + 1;
  }
  return counts;
}
