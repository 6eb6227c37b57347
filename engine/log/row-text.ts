import type { SourceDisk } from '#engine/session/source.ts';
import { joinHalves } from '#shared/bytes/size.ts';
import type { EventBatch } from '#shared/events/event-batch.ts';
import { errnoName, Op, opName, RowFlag, RowKind } from '#shared/events/vocabulary.ts';
import type { DecoderSink } from './log-decoder.ts';

const KIND_NAMES = new Map(Object.entries(RowKind).map(([name, kind]) => [kind as number, name]));
const FLAG_NAMES = Object.entries(RowFlag);

/** One row as a line of text, for golden files and comparisons: every column that the kind has. */
export function rowText(batch: EventBatch, i: number): string {
  const kind = batch.kind[i] ?? 0;
  const timeUs = batch.timeUs[i] ?? Number.NaN;
  const time = Number.isNaN(timeUs) ? 'time unknown' : microText(timeUs);
  const head = `${time} ${KIND_NAMES.get(kind) ?? kind} disk=${batch.disk[i]}`;
  if (kind === RowKind.ClearPicture) return head;
  if (kind === RowKind.Caption || kind === RowKind.Mark) return `${head} ${JSON.stringify(batch.textOf(i))}`;
  const who = `${head} connection=${batch.connection[i]}`;
  if (kind === RowKind.Connect || kind === RowKind.Disconnect) return who;
  const id = joinHalves(batch.cookieHigh[i] ?? 0, batch.cookieLow[i] ?? 0);
  const op = batch.op[i] ?? 0;
  const parts = [`${who} id=${id} slot=${batch.slot[i]} ${opName(op)}`];
  if (op !== Op.Flush) {
    const offset = joinHalves(batch.offsetHigh[i] ?? 0, batch.offsetLow[i] ?? 0);
    const length = joinHalves(batch.lengthHigh[i] ?? 0, batch.lengthLow[i] ?? 0);
    parts.push(`0x${offset.toString(16)}+0x${length.toString(16)}`);
  }
  for (const [name, bit] of FLAG_NAMES) if (((batch.flags[i] ?? 0) & bit) !== 0) parts.push(name);
  if (kind === RowKind.Completion) {
    parts.push(errnoName(batch.errno[i] ?? 0), `latency=${batch.latencyUs[i]}`);
  }
  return parts.join(' ');
}

function microText(timeUs: number): string {
  const second = new Date(Math.floor(timeUs / 1e6) * 1000).toISOString().slice(0, 19);
  return `${second}.${String(timeUs % 1e6).padStart(6, '0')}`;
}

/** Keeps what a decoder gives as text. */
export class RowCollector implements DecoderSink {
  readonly lines: string[] = [];
  readonly disks: SourceDisk[] = [];

  rows(batch: EventBatch): undefined {
    for (let i = 0; i < batch.count; i += 1) this.lines.push(rowText(batch, i));
    return undefined;
  }

  disk(disk: SourceDisk): void {
    this.disks[disk.index] = disk;
  }
}

/** A disk as a line of text. */
export function diskText(disk: SourceDisk): string {
  return `disk ${disk.index} ${JSON.stringify(disk.exportName)} size=${disk.sizeBytes} highest=${disk.highestByte}`;
}
