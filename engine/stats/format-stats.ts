import { formatBytes, thousands } from '#shared/bytes/size.ts';
import type { DiskStats, LogStats, OperationStats, StatsReport } from './stats.ts';

const HEADINGS = [
  'operation',
  'requests',
  'bytes',
  'errors',
  'unaligned',
  'largest',
  'unanswered',
  'p50',
  'p90',
  'p99',
  'max',
];

/** The report as text for a terminal: a table for each disk, notices below. Ends with a line feed unless empty. */
export function formatStats(report: StatsReport): string {
  const parts = report.logs.map(formatLog);
  if (report.failed.length > 0) parts.push(`${report.failed.map(({ text }) => text).join('\n')}\n`);
  return parts.join('\n');
}

function formatLog(log: LogStats): string {
  const facts = [plural(log.lines, 'line')];
  if (log.runs > 1) facts.push(plural(log.runs, 'run'));
  if (log.timesBackwards > 0) facts.push(`${plural(log.timesBackwards, 'time')} going backwards`);
  const lines = [`${log.path}: ${facts.join(', ')}`];
  if (log.disks.length === 0) lines.push('  no requests');
  for (const disk of log.disks) lines.push(...formatDisk(disk).map((line) => `  ${line}`));
  for (const notice of log.notices) lines.push(`  ${notice.level}: ${notice.text}`);
  return `${lines.join('\n')}\n`;
}

function formatDisk(disk: DiskStats): string[] {
  const name = disk.exportName === '' ? 'default export' : `export ${JSON.stringify(disk.exportName)}`;
  const facts = [
    disk.sizeBytes === null ? 'size unknown' : formatBytes(BigInt(disk.sizeBytes)),
    plural(disk.connections, 'connection'),
    `at most ${thousands(disk.mostInFlight)} in flight`,
  ];
  if (disk.firstUs !== null && disk.lastUs !== null) {
    facts.push(`${formatUs(disk.lastUs - disk.firstUs)} from ${timeText(disk.firstUs)}`);
  }
  const head = `${name}: ${facts.join(', ')}`;
  if (disk.operations.length === 0) return [head];
  return [head, ...table([HEADINGS, ...disk.operations.map(cells)]).map((line) => `  ${line}`)];
}

function cells(operation: OperationStats): string[] {
  const { latency } = operation;
  return [
    operation.operation,
    thousands(operation.requests),
    formatBytes(operation.bytes),
    thousands(operation.errors),
    thousands(operation.unaligned),
    formatBytes(operation.largestBytes),
    thousands(operation.unanswered),
    ...[latency.p50Us, latency.p90Us, latency.p99Us, latency.maxUs].map((us) =>
      us === null ? '-' : formatUs(us),
    ),
  ];
}

/** Columns as wide as their widest cell, the first to the left, the others to the right. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  '),
  );
}

function plural(n: number, what: string): string {
  return `${thousands(n)} ${what}${n === 1 ? '' : 's'}`;
}

function timeText(us: number): string {
  return `${new Date(us / 1000).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** A duration with three digits that count: `85 µs`, `10.1 ms`, `33.3 s`. */
export function formatUs(us: number): string {
  if (us < 1000) return `${Math.round(us)} µs`;
  if (us < 1_000_000) return `${(us / 1000).toPrecision(us < 999_500 ? 3 : 4)} ms`;
  return us < 100_000_000
    ? `${(us / 1_000_000).toPrecision(3)} s`
    : `${thousands(Math.round(us / 1_000_000))} s`;
}
