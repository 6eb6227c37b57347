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

/** Whether a process has certainly ended. One on another machine or in another container may live. */
export function hasEnded(mark: ProcessMark): boolean {
  const own = ownMark();
  if (mark.host !== own.host) return false;
  if (mark.boot !== own.boot) return true;
  if (mark.pidNamespace !== own.pidNamespace) return false;
  if (mark.startTicks !== '') return startTicksOf(mark.pid) !== mark.startTicks;
  try {
    process.kill(mark.pid, 0);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
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
