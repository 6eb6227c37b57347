import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LogDecoder } from '../log-decoder.ts';
import { diskText, RowCollector } from '../row-text.ts';

/**
 * The recordings that stand for each dialect of the log, and the golden files of their rows. Run this file to write the
 * golden files anew; then read what has changed against the logs.
 */
export const GOLDEN: Readonly<Record<string, string>> = {
  'all-ops-1.8.0': 'legacy/all-ops-nbdkit-1.8.0.log',
  'all-ops-1.16.0': 'legacy/all-ops-nbdkit-1.16.0.log',
  'all-ops-1.24.0': 'legacy/all-ops-nbdkit-1.24.0.log',
  'all-ops-1.32.5': 'all-ops-10M/log',
  'all-ops-1.42.3': 'legacy/all-ops-nbdkit-1.42.3.log',
  'errors-1.8.0': 'legacy/errors-nbdkit-1.8.0.log',
  'errors-1.16.0': 'legacy/errors-nbdkit-1.16.0.log',
  'errors-1.24.0': 'legacy/errors-nbdkit-1.24.0.log',
  'errors-1.42.3': 'legacy/errors-nbdkit-1.42.3.log',
  'errors-eio-1.32.5': 'errors/log.EIO',
  'errors-enospc-1.32.5': 'errors/log.ENOSPC',
  'daemon-exports-1.32.5': 'daemon-exports/log',
};

export const RECORDINGS = join(import.meta.dirname, '..', '..', '..', 'assets', 'recordings');

/** What stands in the golden file of a log: its disks, then its rows, a line each. */
export function goldenText(bytes: Uint8Array): string {
  const rows = new RowCollector();
  const decoder = new LogDecoder(rows);
  decoder.push(bytes);
  decoder.end();
  return [...rows.disks.map(diskText), ...rows.lines, ''].join('\n');
}

export function goldenPath(name: string): string {
  return join(import.meta.dirname, `${name}.txt`);
}

if (process.argv[1] === import.meta.filename) {
  for (const [name, log] of Object.entries(GOLDEN)) {
    writeFileSync(goldenPath(name), goldenText(readFileSync(join(RECORDINGS, log))));
  }
}
