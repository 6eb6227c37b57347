/**
 * Writes recorded nbdkit logs once more as they grew: `node paced-log-writer.ts SPEED ITEM...`, where an ITEM is
 * `FROM=TO`, a recorded log and the file it is written to, `@hh:mm:ss.ffffff=FILE`, an empty file that appears at that
 * time of the recording, or `~hh:mm:ss.ffffff=hh:mm:ss.ffffff`, a spell that goes at the speed it had. All follow one clock,
 * which runs SPEED times as fast as the one in the lines; lines without a time come with the line before them. A process of its own, so that nobody who reads can hold the writer up.
 */
import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

interface Due {
  readonly timeMs: number;
  readonly carryOut: () => void;
}

/** Time of day in ms, of `hh:mm:ss.ffffff`; NaN where there is none. */
function timeOfDayMs(text: string): number {
  const [, hours, minutes, seconds] = /^(\d\d):(\d\d):(\d\d\.\d{6})/.exec(text) ?? [];
  return (Number(hours) * 60 + Number(minutes)) * 60_000 + Number(seconds) * 1000;
}

const [speedText = '', ...items] = process.argv.slice(2);
const speed = Number(speedText);
const outs: number[] = [];
const due: Due[] = [];
let spell = { fromMs: Number.POSITIVE_INFINITY, toMs: Number.POSITIVE_INFINITY };
for (const item of items) {
  const [from = '', to = ''] = item.split('=');
  if (from.startsWith('@')) {
    due.push({ timeMs: timeOfDayMs(from.slice(1)), carryOut: () => writeFileSync(to, '') });
    continue;
  }
  if (from.startsWith('~')) {
    spell = { fromMs: timeOfDayMs(from.slice(1)), toMs: timeOfDayMs(to) };
    continue;
  }
  const out = openSync(to, 'w');
  outs.push(out);
  let timeMs = Number.NEGATIVE_INFINITY;
  for (const line of readFileSync(from, 'utf8').split(/(?<=\n)/)) {
    const ownMs = timeOfDayMs(line.slice('yyyy-mm-dd '.length));
    // Threads take their times before they take the file: some lines are older than those above them.
    if (ownMs > timeMs) timeMs = ownMs;
    due.push({ timeMs, carryOut: () => writeSync(out, line) });
  }
}
due.sort((a, b) => a.timeMs - b.timeMs);

const firstMs = due.find(({ timeMs }) => Number.isFinite(timeMs))?.timeMs ?? 0;

/** When something of this time of day is due, ms after the beginning. */
function dueAfterMs(timeMs: number): number {
  const slowMs = Math.max(0, Math.min(timeMs, spell.toMs) - Math.max(firstMs, spell.fromMs));
  return (timeMs - firstMs - slowMs) / speed + slowMs;
}

const start = performance.now();
for (const { timeMs, carryOut } of due) {
  const waitMs = dueAfterMs(timeMs) - (performance.now() - start);
  if (waitMs > 1) await sleep(waitMs);
  carryOut();
}
for (const out of outs) closeSync(out);
