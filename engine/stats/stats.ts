import { createReadStream } from 'node:fs';
import { decoderNotices } from '#engine/log/decoder-notices.ts';
import { LogDecoder } from '#engine/log/log-decoder.ts';
import { Unpacker } from '#engine/log/unpack.ts';
import { whyUnreadable } from '#engine/log/why-unreadable.ts';
import type { SourceNotice } from '#engine/session/source.ts';
import { OP_COUNT, opName } from '#shared/events/vocabulary.ts';
import type { DiskCounters } from '#shared/model/disk-counters.ts';
import { OfflineSession } from './offline-session.ts';

const READ_BYTES = 512 * 1024;

/** Latencies in whole µs; null when no request of the operation was answered with both times known. */
export interface LatencyStats {
  readonly p50Us: number | null;
  readonly p90Us: number | null;
  readonly p99Us: number | null;
  readonly maxUs: number | null;
}

/** What one operation did to one disk. */
export interface OperationStats {
  /** read, write, trim, zero, flush, cache or extents. */
  readonly operation: string;
  readonly requests: number;
  /** Sum of the requests' lengths; exact up to 2^53. */
  readonly bytes: number;
  readonly errors: number;
  /** Requests whose offset or length is no multiple of 4096. */
  readonly unaligned: number;
  readonly largestBytes: number;
  /** Requests without a reply when their connection, their run or the log ended. */
  readonly unanswered: number;
  readonly latency: LatencyStats;
}

export interface DiskStats {
  /** Empty for the default export. */
  readonly exportName: string;
  /** Decimal, since it may need 63 bits; null when the log does not tell. */
  readonly sizeBytes: string | null;
  readonly connections: number;
  readonly mostInFlight: number;
  /** Times of the first and last request, reply or connection, µs since the epoch; null without any. */
  readonly firstUs: number | null;
  readonly lastUs: number | null;
  /** Only operations that were asked for, in the order of the window's legend. */
  readonly operations: readonly OperationStats[];
}

export interface LogStats {
  readonly path: string;
  readonly lines: number;
  readonly notUnderstoodLines: number;
  /** Lines whose time is before that of an earlier line of their run. */
  readonly timesBackwards: number;
  readonly runs: number;
  readonly disks: readonly DiskStats[];
  readonly notices: readonly Pick<SourceNotice, 'level' | 'text' | 'detail'>[];
}

/** What `nbdscope stats --json` prints. Keys stay as they are; new ones may come. */
export interface StatsReport {
  readonly logs: readonly LogStats[];
  /** Logs that could not be read, and why. */
  readonly failed: readonly { readonly path: string; readonly text: string }[];
}

/**
 * Reads each log to its end (`-` is standard input, gzip and zstd are unpacked) and counts, with the decoder and state
 * of the window. Never rejects: a log that cannot be read is in `failed`.
 */
export async function collectStats(paths: readonly string[]): Promise<StatsReport> {
  const logs: LogStats[] = [];
  const failed: { path: string; text: string }[] = [];
  for (const path of paths) {
    try {
      logs.push(await collectLog(path));
    } catch (error) {
      failed.push({ path, text: `${path}: ${whyUnreadable(error)}` });
    }
  }
  return { logs, failed };
}

async function collectLog(path: string): Promise<LogStats> {
  const session = new OfflineSession();
  const decoder = new LogDecoder(session);
  const notices: Pick<SourceNotice, 'level' | 'text' | 'detail'>[] = [];
  const unpacker = new Unpacker((bytes) => decoder.push(bytes));
  const stream = path === '-' ? process.stdin : createReadStream(path, { highWaterMark: READ_BYTES });
  for await (const piece of stream) {
    const damage = await failure(unpacker.push(Buffer.from(piece)));
    if (damage === null) continue;
    notices.push(damaged(damage));
    break;
  }
  if (notices.length === 0) {
    const damage = await failure(unpacker.end());
    if (damage !== null) notices.push(damaged(damage));
  }
  unpacker.destroy();
  decoder.end();

  const { facts } = decoder;
  for (const { level, text, detail } of decoderNotices(facts)) notices.push({ level, text, detail });
  return {
    path,
    lines: facts.lines,
    notUnderstoodLines: facts.notUnderstood + facts.tooLong,
    timesBackwards: facts.timesBackwards,
    runs: facts.runs.length,
    disks: [...session.disks.values()].map((disk) => ({
      exportName: disk.exportName,
      sizeBytes: disk.sizeBytes === null ? null : String(disk.sizeBytes),
      ...diskStats(session.state.disk(disk.index).counters),
    })),
    notices,
  };
}

async function failure(task: Promise<void>): Promise<string | null> {
  try {
    await task;
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function damaged(detail: string): Pick<SourceNotice, 'level' | 'text' | 'detail'> {
  return {
    level: 'error',
    text: 'The packed log is damaged or cut; what came before the damage is counted',
    detail,
  };
}

function diskStats(counters: DiskCounters): Omit<DiskStats, 'exportName' | 'sizeBytes'> {
  const operations: OperationStats[] = [];
  for (let op = 0; op < OP_COUNT; op += 1) {
    const requests = counters.requests[op] ?? 0;
    if (requests === 0) continue;
    const latency = counters.latency[op];
    operations.push({
      operation: opName(op),
      requests,
      bytes: counters.bytes[op] ?? 0,
      errors: counters.errors[op] ?? 0,
      unaligned: counters.unaligned[op] ?? 0,
      largestBytes: counters.largestBytes[op] ?? 0,
      unanswered: counters.unanswered[op] ?? 0,
      latency: {
        p50Us: latency?.percentileUs(0.5) ?? null,
        p90Us: latency?.percentileUs(0.9) ?? null,
        p99Us: latency?.percentileUs(0.99) ?? null,
        maxUs: latency === undefined || latency.count === 0 ? null : latency.maxUs,
      },
    });
  }
  return {
    connections: counters.connections,
    mostInFlight: counters.mostInFlight,
    firstUs: Number.isNaN(counters.firstUs) ? null : counters.firstUs,
    lastUs: Number.isNaN(counters.lastUs) ? null : counters.lastUs,
    operations,
  };
}
