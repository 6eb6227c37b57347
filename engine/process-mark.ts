import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import * as v from 'valibot';

/** Tells one process from every other: numbers of processes are used again, and state may be shared between machines. */
export const ProcessMarkSchema = v.strictObject({
  host: v.string(),
  /** The kernel's boot and the numbering that `pid` belongs to; empty where the system does not tell. */
  boot: v.string(),
  pidNamespace: v.string(),
  pid: v.number(),
  /** When the process began, in the kernel's ticks since boot; empty where the system does not tell. */
  startTicks: v.string(),
});
export type ProcessMark = v.InferOutput<typeof ProcessMarkSchema>;

/** This process. */
export function ownMark(): ProcessMark {
  return {
    host: hostname(),
    boot: orEmpty(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    pidNamespace: orEmpty(() => readlinkSync('/proc/self/ns/pid')),
    pid: process.pid,
    startTicks: startTicksOf(process.pid),
  };
}

/** What is known of a process; one on another machine or in another container may live or not. */
export type ProcessFate = 'lives' | 'ended' | 'unknown';

export function fateOf(mark: ProcessMark): ProcessFate {
  const own = ownMark();
  if (mark.host !== own.host) return 'unknown';
  if (mark.boot !== own.boot) return 'ended';
  if (mark.pidNamespace !== own.pidNamespace) return 'unknown';
  if (mark.startTicks !== '') return startTicksOf(mark.pid) === mark.startTicks ? 'lives' : 'ended';
  try {
    process.kill(mark.pid, 0);
    return 'lives';
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH' ? 'ended' : 'lives';
  }
}

/** Whether a process has certainly ended. */
export function hasEnded(mark: ProcessMark): boolean {
  return fateOf(mark) === 'ended';
}

/** Field 22 of /proc/PID/stat (proc(5)); the name before it may hold spaces and parentheses. */
function startTicksOf(pid: number): string {
  return orEmpty(() => {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  });
}

function orEmpty(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
