import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** One way of using a disk, and what it is measured in. */
export interface Workload {
  readonly name: string;
  readonly unit: 'MiB/s' | 'IOPS';
  run(uri: string, seconds: number): Promise<Measured>;
}

export interface Measured {
  readonly rate: number;
  /** 99th percentile of the latency, µs; null where it is not measured. */
  readonly p99Us: number | null;
}

/** Runs a program to its end and returns what it printed. */
function output(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.on('data', (data: Buffer) => {
      text += data.toString();
    });
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(text);
      else reject(new Error(`${program} ended with ${code}`));
    });
  });
}

async function copy(from: string, to: string, mib: number): Promise<Measured> {
  const start = performance.now();
  await output('nbdcopy', [from, to]);
  return { rate: mib / ((performance.now() - start) / 1000), p99Us: null };
}

interface FioReport {
  readonly jobs: readonly Readonly<
    Record<
      'read' | 'write',
      { readonly iops: number; readonly clat_ns: { readonly percentile?: Readonly<Record<string, number>> } }
    >
  >[];
}

async function fio(uri: string, kind: 'read' | 'write', depth: number, seconds: number): Promise<Measured> {
  const text = await output('fio', [
    '--name=bench',
    '--ioengine=nbd',
    `--uri=${uri}`,
    `--rw=rand${kind}`,
    '--bs=4k',
    `--iodepth=${depth}`,
    '--size=1g',
    '--time_based',
    `--runtime=${seconds}`,
    '--output-format=json',
  ]);
  const report: FioReport = JSON.parse(text.slice(text.indexOf('{')));
  const result = report.jobs[0]?.[kind];
  const p99Ns = result?.clat_ns.percentile?.['99.000000'];
  return { rate: result?.iops ?? 0, p99Us: p99Ns === undefined ? null : p99Ns / 1000 };
}

/** nbdcopy of 1 GiB both ways and 4 KiB at random, at depth 16 and 1. `image` is 1 GiB of random bytes. */
export function workloads(image: string): readonly Workload[] {
  const random = (kind: 'read' | 'write', depth: number): Workload => ({
    name: `4 KiB random ${kind}, depth ${depth}`,
    unit: 'IOPS',
    run: (uri, seconds) => fio(uri, kind, depth, seconds),
  });
  return [
    { name: 'nbdcopy in', unit: 'MiB/s', run: (uri) => copy(image, uri, 1024) },
    { name: 'nbdcopy out', unit: 'MiB/s', run: (uri) => copy(uri, 'null:', 1024) },
    random('read', 16),
    random('write', 16),
    random('read', 1),
    random('write', 1),
  ];
}

/** Resident memory of a process, MiB. */
export function residentMib(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(line?.[1] ?? 0) / 1024;
}

/** Processor time a process has used, s. */
export function processorSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / 100;
}
