/** Why a log or capture that was named cannot be read, and what to name instead, in words. */
export function whyUnreadable(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  if (code === 'ENOENT') return 'no such file; give the path of a log that nbdkit --filter=log has written';
  if (code === 'EISDIR') return 'a directory; give the log file in it';
  return error instanceof Error ? error.message : String(error);
}
