/**
 * Why a file that was named cannot be read, and what to name instead, in words.
 * @param wanted what would do.
 */
export function whyUnreadable(error: unknown, wanted = 'a log that nbdkit --filter=log has written'): string {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  if (code === 'ENOENT') return `no such file; give the path of ${wanted}`;
  if (code === 'EISDIR') return 'a directory; give the log file in it';
  if (code === 'EACCES' || code === 'EPERM') return 'you may not read it; start nbdscope as a user who may';
  return error instanceof Error ? error.message : String(error);
}
