import { release } from 'node:os';
import type { EngineUse } from './engine-probe.ts';
import { type Figure, judge, type Verdict } from './trend.ts';
import type { Done, WindowUse } from './window-user.ts';

/** What was measured at the end of a minute. */
export interface Sample {
  readonly minute: number;
  readonly engine: EngineUse;
  readonly window: WindowUse;
}

/** A run, for its report. */
export interface Soak {
  /** What it was asked for, and how long it has run. */
  readonly askedMinutes: number;
  readonly minutes: number;
  readonly samples: readonly Sample[];
  readonly verdicts: readonly Verdict[];
  readonly done: Done;
  /** Clients that came and went. */
  readonly clients: number;
  /** What went wrong while it ran. */
  readonly errors: readonly string[];
  readonly renderer: string;
}

/** Every figure, its bound, and where a sample has it. */
const FIGURES: readonly (Figure & { readonly of: (sample: Sample) => number })[] = [
  figure('engine: resident memory', 'MiB', 0.05, 16, ({ engine }) => engine.rssMib),
  figure('engine: heap', 'MiB', 0.05, 4, ({ engine }) => engine.heapMib),
  figure('engine: buffers', 'MiB', 0.05, 8, ({ engine }) => engine.buffersMib),
  figure('engine: open files and sockets', '', 0, 4, ({ engine }) => engine.openFiles),
  figure('engine: threads', '', 0, 1, ({ engine }) => engine.threads),
  figure('window: heap', 'MiB', 0.05, 2, ({ window }) => window.heapMib),
  figure('window: DOM nodes', '', 0.05, 100, ({ window }) => window.nodes),
  figure('window: listeners', '', 0.05, 20, ({ window }) => window.listeners),
  figure('window: between frames, p50', 'ms', 0.1, 4, ({ window }) => window.frameP50Ms),
  figure('window: between frames, p99', 'ms', 0.25, 17, ({ window }) => window.frameP99Ms),
];

function figure(
  name: string,
  unit: string,
  boundShare: number,
  boundUnits: number,
  of: (sample: Sample) => number,
) {
  return { name, unit, boundShare, boundUnits, of };
}

/** What became of each figure. */
export function judgeAll(samples: readonly Sample[]): Verdict[] {
  return FIGURES.map((one) => judge(one, samples.map(one.of)));
}

/** The report in Markdown. */
export function soakReport(soak: Soak): string {
  const { askedMinutes, minutes, samples, verdicts, done, errors } = soak;
  const last = samples.at(-1);
  const requests = Math.round((last?.window.rows ?? 0) / 2);
  const perSecond = (requests / minutes / 60).toFixed(0);
  const well = errors.length === 0 && verdicts.every(({ holds }) => holds);
  return `# Soak

\`npm run soak -- --minutes ${askedMinutes}\`, ${new Date().toISOString().slice(0, 10)}, 2 x AMD EPYC cores, 24 GiB, Linux ${release().split('.', 2).join('.')}, Node ${process.versions.node},
picture by ${soak.renderer}. Other work ran on the machine meanwhile.

**${well ? 'Every figure is at the end as at the start.' : 'Not every figure is at the end as at the start.'}** ${minutes.toFixed(0)} minutes${minutes < askedMinutes - 0.5 ? ', as far as it had come' : ''}, ${requests.toLocaleString('en')} requests (${perSecond} a second) on five
hosted disks of 128 MiB in memory, from ${soak.clients} clients that came and went: fio reading, writing, and trimming, nbdsh with every command, and file
systems copied over the first disk by turns, so that what is explained changes. In a window in Chromium ${done.seeks} seeks to moments
anywhere in the past and back to live; ${done.faults} times a disk was made to fail and let be again; ${done.captures} captures were recorded (${(done.captureBytes / 2 ** 20).toFixed(1)} MiB); ${done.windows} times another
window came and went. ${errors.length === 0 ? 'Nothing crashed, and the window reported no error.' : `What went wrong: ${errors.join('; ')}.`}

| figure | start | end | drift over the second half | bound | |
|---|---|---|---|---|---|
${verdicts.map(verdictLine).join('\n')}

Start and end are medians of the first and the last quarter of the samples, one a minute; heaps are measured after a collection. Drift is
that of the line of least squares through the samples of the second half. Buffers hold the disks themselves, and the history until it
has come to 64 MiB, from where on it goes to files.

| minute | resident | heap | buffers | files | threads | window's heap | nodes | listeners | frames p50 | p99 | requests |
|---|---|---|---|---|---|---|---|---|---|---|---|
${samples.map(sampleLine).join('\n')}

Memory in MiB, times between frames in ms. Without a graphics processor, and with other work on the same cores, frames are slower than on
a desk; what is asked here is whether they become slower.
`;
}

function verdictLine({ figure: { name, unit }, start, end, drift, bound, holds }: Verdict): string {
  const value = (number: number): string => `${number.toFixed(1)}${unit === '' ? '' : ` ${unit}`}`;
  return `| ${name} | ${value(start)} | ${value(end)} | ${value(drift)} | ${value(bound)} | ${holds ? 'holds' : 'DRIFTS'} |`;
}

function sampleLine({ minute, engine, window }: Sample): string {
  const cells = [
    minute,
    engine.rssMib.toFixed(0),
    engine.heapMib.toFixed(1),
    engine.buffersMib.toFixed(0),
    engine.openFiles,
    engine.threads,
    window.heapMib.toFixed(1),
    window.nodes,
    window.listeners,
    window.frameP50Ms.toFixed(0),
    window.frameP99Ms.toFixed(0),
    Math.round(window.rows / 2),
  ];
  return `| ${cells.join(' | ')} |`;
}
