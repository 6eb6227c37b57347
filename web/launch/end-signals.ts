/** What asks a process to end: Ctrl-C, a service manager, and the terminal that goes away. */
export const END_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Calls `end` when the process is asked to end, so that it can do so in good order. A second asking ends it at once. */
export function onEndSignal(end: () => void): void {
  for (const signal of END_SIGNALS) process.once(signal, end);
}
