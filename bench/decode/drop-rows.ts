import { createLogSource } from '../../engine/log/log-source.ts';

/**
 * The child process of the bench: reads one log as a session would, drops the batches, and prints how long that took
 * and the most memory it needed. A process of its own, so that peak memory is the decoder's alone.
 */
const [path = ''] = process.argv.slice(2);
const startMs = performance.now();
let rows = 0;
let completions = 0;
let latencySumUs = 0;
let longestTurnMs = 0;
let turnMs = startMs;
const turns = setInterval(() => {
  longestTurnMs = Math.max(longestTurnMs, performance.now() - turnMs);
  turnMs = performance.now();
}, 1);

const source = createLogSource(path);
source.start({
  rows: (batch) => {
    rows += batch.count;
    // One look at each batch, so that nothing of it can be left out.
    const last = batch.count - 1;
    if (batch.kind[last] === 2) {
      completions += 1;
      latencySumUs += batch.latencyUs[last] ?? 0;
    }
    return undefined;
  },
  disk: () => {},
  notice: (notice) => console.error(notice.text),
  progress: (progress) => {
    if (progress.status !== 'live' || progress.bytesRead !== progress.totalBytes) return;
    clearInterval(turns);
    const result = {
      rows,
      lines: progress.lines,
      seconds: (performance.now() - startMs) / 1000,
      peakRssBytes: process.resourceUsage().maxRSS * 1024,
      longestTurnMs,
      sampledLatencyUs: latencySumUs / completions,
    };
    console.log(JSON.stringify(result));
    void source.stop();
  },
});
