import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { generateLog } from './generate.ts';

/**
 * Decodes a large log as the product does and compares with what `grep -c offset` and `wc -l` need to read the same
 * file, in one run. Usage: node bench/decode/decode-bench.ts [REQUESTS], 10 million unless told otherwise.
 */
const requests = Number(process.argv[2] ?? 10_000_000);
const ROUNDS = 3;

const folder = join(import.meta.dirname, '..', '..', '.bench');
const log = join(folder, `decode-${requests}.log`);
mkdirSync(folder, { recursive: true });
if (!existsSync(log)) {
  console.log(`writing ${log} ...`);
  generateLog(log, requests);
}

interface Decoded {
  readonly rows: number;
  readonly lines: number;
  readonly seconds: number;
  readonly peakRssBytes: number;
  readonly longestTurnMs: number;
  /** Wall time of the whole process, its start included. */
  readonly wallSeconds: number;
}

function wallSeconds(command: string, args: readonly string[]): number {
  const startMs = performance.now();
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: exit code ${status}: ${stderr}`);
  return (performance.now() - startMs) / 1000;
}

function decode(): Decoded {
  const startMs = performance.now();
  const child = spawnSync(process.execPath, [join(import.meta.dirname, 'drop-rows.ts'), log], {
    encoding: 'utf8',
  });
  const wall = (performance.now() - startMs) / 1000;
  if (child.status !== 0) throw new Error(`decoding failed: ${child.stderr}`);
  const result: Omit<Decoded, 'wallSeconds'> = JSON.parse(child.stdout);
  return { ...result, wallSeconds: wall };
}

const best = (seconds: readonly number[]): number => Math.min(...seconds);
const shown = (seconds: readonly number[]): string => seconds.map((s) => s.toFixed(2)).join(', ');

const { size } = statSync(log);
console.log(
  `${new Date().toISOString().slice(0, 10)}, ${cpus()[0]?.model ?? 'unknown CPU'}, ${cpus().length} CPUs`,
);
console.log(`node ${process.version}, ${requests} requests, ${(size / 1e9).toFixed(2)} GB`);

// Read once, so that the file is in the page cache for all.
wallSeconds('wc', ['-l', log]);
const grep: number[] = [];
const wc: number[] = [];
const decoded: Decoded[] = [];
for (let round = 0; round < ROUNDS; round += 1) {
  // Into a pipe: on /dev/null grep stops at the first match.
  grep.push(wallSeconds('sh', ['-c', `grep -c offset '${log}' | cat`]));
  wc.push(wallSeconds('sh', ['-c', `wc -l '${log}' | cat`]));
  decoded.push(decode());
}
const walls = decoded.map(({ wallSeconds: wall }) => wall);
const rssBytes = Math.max(...decoded.map(({ peakRssBytes }) => peakRssBytes));
console.log(`grep -c offset   ${shown(grep)} s`);
console.log(`wc -l            ${shown(wc)} s`);
console.log(`nbdscope decode  ${shown(walls)} s, start of the process included`);
console.log(`rows             ${decoded[0]?.rows} of ${decoded[0]?.lines} lines`);
console.log(`against grep     ${(best(walls) / best(grep)).toFixed(2)}x (best of ${ROUNDS})`);
console.log(`peak memory      ${Math.round(rssBytes / 1e6)} MB`);
console.log(
  `longest turn     ${Math.max(...decoded.map(({ longestTurnMs }) => longestTurnMs)).toFixed(1)} ms`,
);
