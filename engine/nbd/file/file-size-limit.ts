let outlived = false;

/**
 * Has a write beyond the limit on the size of files (`ulimit -f`, setrlimit(2)) fail with EFBIG, as on a full disk. Without
 * it the kernel ends the whole process with SIGXFSZ.
 */
export function outliveFileSizeLimit(): void {
  if (outlived || process.platform === 'win32') return;
  outlived = true;
  process.on('SIGXFSZ', () => undefined);
}
