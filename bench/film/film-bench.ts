import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { RunningCommand } from '../../web/testing/running-command.ts';
import { machineLine } from '../support/machine.ts';

/**
 * Films exported frame by frame with the built command, drawing and encoding in a browser without a window: frames a second of
 * wall time, starting and reading the logs included. `npm run build` first.
 *
 *     node bench/film/film-bench.ts
 */
const RECORDINGS = resolve(import.meta.dirname, '../../assets/recordings');
const STORIES = [
  { name: 'one disk', logs: ['ext4-blog-64M/log'] },
  { name: 'five disks', logs: [1, 2, 3, 4, 5].map((n) => `raid5-story-5x64M/log${n}`) },
] as const;
const FORMS = [
  ['webm', '1280x720'],
  ['webm', '1920x1080'],
  ['mp4', '1280x720'],
  ['gif', '800x450'],
] as const;

const folder = mkdtempSync(join(tmpdir(), 'nbdscope-film-bench-'));
try {
  process.stdout.write(`${machineLine()}; load ${loadavg()[0]?.toFixed(1)}\n\n`);
  process.stdout.write('| story | film | frames | frames a second | KiB a frame |\n|---|---|---|---|---|\n');
  for (const { name, logs } of STORIES) {
    for (const [format, size] of FORMS) process.stdout.write(`${await measure(name, logs, format, size)}\n`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function measure(name: string, logs: readonly string[], format: string, size: string): Promise<string> {
  const paths = logs.map((log) => join(RECORDINGS, log));
  const args = ['render', ...paths, '-o', join(folder, `film.${format}`), '--force', '--size', size];
  const startMs = performance.now();
  await using command = new RunningCommand([...args, '--speed', '8'], {});
  const { code, stderr } = await command.ended;
  const seconds = (performance.now() - startMs) / 1000;
  const [, codec = '', frames = '', bytes = '', unit = ''] =
    /: ([^,:]+), \d+x\d+, (\d+) frames .*, ([\d.]+) ([KM]iB)\s*$/.exec(stderr) ?? [];
  if (code !== 0 || frames === '') throw new Error(`nbdscope render ended with ${code}: ${stderr}`);
  const kib = (Number(bytes) * (unit === 'MiB' ? 1024 : 1)) / Number(frames);
  return `| ${name} | ${size}, ${codec} | ${frames} | ${(Number(frames) / seconds).toFixed(1)} | ${kib.toFixed(1)} |`;
}
