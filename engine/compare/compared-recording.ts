import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isCapture } from '#engine/capture/is-capture.ts';
import { createWholeCaptureSource, openInOrder } from '#engine/capture/whole-capture-source.ts';
import { createRecordingSource } from '#engine/log/recording-source.ts';
import { createWholeLogSource, firstTimeOf } from '#engine/log/whole-log-source.ts';
import { SessionMarks } from '#engine/session/session-marks.ts';
import type { Source } from '#engine/session/source.ts';
import { type Caption, parseCaptionTable, readCaptions } from '#shared/captions/captions-file.ts';
import { SAMPLES } from '#shared/contract/samples.ts';
import { RefusedError } from '../refused-error.ts';

/** One of two recordings that are compared: what is known of it before it is opened. */
export interface ComparedRecording {
  readonly name: string;
  /** When it begins, µs since the epoch. */
  readonly firstUs: number;
  /** Its steps and captions, by their names and by their words. */
  readonly steps: readonly Caption[];
  /** A source that delivers it whole. */
  readonly open: () => Source;
}

/**
 * Finds a recording: a log, a capture, a folder that holds `log` (or `log1`, `log2`, ...) and perhaps `steps` and `captions.json`, or the
 * name of a built-in sample. @throws RefusedError naming what is there instead.
 */
export async function findRecording(name: string, assetsDir: string): Promise<ComparedRecording> {
  const found = await stat(name).catch(() => null);
  if (found?.isDirectory() === true) return readFolder(name);
  if (found?.isFile() === true) return (await isCapture(name)) ? readCapture(name) : readLog(name);
  const sample = SAMPLES.find(({ id, folder }) => id === name || folder === name);
  if (found === null && sample !== undefined) return readFolder(join(assetsDir, 'recordings', sample.folder));
  const samples = SAMPLES.map(({ id }) => id).join(' or ');
  throw new RefusedError(
    `${name}: ${found === null ? 'no such file' : 'neither a file nor a folder'}; give a log, a capture, a folder with logs, or a sample: ${samples}`,
  );
}

async function readLog(path: string): Promise<ComparedRecording> {
  return {
    name: basename(path),
    firstUs: await beginningOf(path),
    steps: [],
    open: () => createWholeLogSource(path),
  };
}

async function readCapture(path: string): Promise<ComparedRecording> {
  const history = await openInOrder(path).catch((error: unknown) => {
    throw new RefusedError(
      `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  });
  try {
    const { firstUs } = history.info();
    if (firstUs === null) throw new RefusedError(`${path}: no row in it has a time, so it cannot be aligned`);
    const marks = new SessionMarks();
    for await (const rows of history.texts()) marks.apply(rows);
    const steps = marks.list.filter(({ text }) => text !== '');
    return { name: basename(path), firstUs, steps, open: () => createWholeCaptureSource(path) };
  } finally {
    await history.dispose();
  }
}

async function readFolder(folder: string): Promise<ComparedRecording> {
  const names = await readdir(folder);
  const logs = names
    .filter((name) => /^log\d*$/.test(name))
    .sort((a, b) => Number(a.slice(3)) - Number(b.slice(3)))
    .map((name) => join(folder, name));
  if (logs.length === 0) {
    throw new RefusedError(
      `${folder}: a folder without a log; its logs are called log, or log1, log2 and so on`,
    );
  }
  const inFolder = (name: string): string | null => (names.includes(name) ? join(folder, name) : null);
  const files = { logs, steps: inFolder('steps'), captions: inFolder('captions.json') };
  const firstUs = Math.min(...(await Promise.all(logs.map(beginningOf))));
  return {
    name: basename(folder),
    firstUs,
    steps: await readSteps(files.steps, files.captions, firstUs),
    open: () => createRecordingSource(basename(folder), files),
  };
}

async function beginningOf(path: string): Promise<number> {
  const firstUs = await firstTimeOf(path).catch((error: unknown) => {
    throw new RefusedError(
      `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  });
  if (firstUs === null) throw new RefusedError(`${path}: no line in it has a time, so it cannot be aligned`);
  return firstUs;
}

async function readSteps(steps: string | null, table: string | null, firstUs: number): Promise<Caption[]> {
  if (steps === null) return [];
  const text = await readFile(steps, 'utf8');
  const named = readCaptions(text, firstUs).captions;
  if (table === null) return [...named];
  return [
    ...named,
    ...readCaptions(text, firstUs, parseCaptionTable(await readFile(table, 'utf8'))).captions,
  ];
}
