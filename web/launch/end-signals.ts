import { readFileSync } from 'node:fs';

/**
 * Calls `end` when this process is told to end: by Ctrl-C, by a program, or as its terminal closes, which is ignored where
 * it was started to survive that (nohup). Returns what stops listening.
 */
export function onEndSignal(end: () => void): () => void {
  const signals: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', ...(hangUpIsIgnored() ? [] : ['SIGHUP' as const])];
  for (const signal of signals) process.on(signal, end);
  return () => {
    for (const signal of signals) process.off(signal, end);
  };
}

/** SIGHUP is signal 1, so bit 0 of the ignored ones (proc(5), SigIgn). Elsewhere than on Linux nobody tells. */
function hangUpIsIgnored(): boolean {
  try {
    const mask = /^SigIgn:\s*([\da-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
    return (BigInt(`0x${mask}`) & 1n) === 1n;
  } catch {
    return false;
  }
}
