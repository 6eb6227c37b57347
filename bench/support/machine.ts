import { execFileSync } from 'node:child_process';
import { cpus, release } from 'node:os';

/** One line that says where a figure was measured. */
export function machineLine(): string {
  const processor = cpus()[0]?.model ?? 'unknown processor';
  return `${new Date().toISOString().slice(0, 10)}, ${cpus().length} × ${processor}, Linux ${release()}, Node ${process.versions.node}`;
}

/** First line that a program prints of its own version; `not installed` when it is not there. */
export function versionOf(program: string): string {
  try {
    return (
      execFileSync(program, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).split(
        '\n',
      )[0] ?? ''
    );
  } catch {
    return 'not installed';
  }
}

/** The value that a share `q` of the samples do not exceed. */
export function percentile(samples: readonly number[], q: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))] ?? Number.NaN;
}
