import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { captionText } from '#engine/caption-files.ts';
import { parseArguments, type StatsCommand } from '#engine/cli/arguments.ts';
import type { ConvertCommand } from '#engine/cli/convert-arguments.ts';
import { stateDir } from '#engine/cli/state-dir.ts';
import { readCaptions } from '#shared/captions/captions-file.ts';
import { hostDisk } from './launch/host-disk.ts';
import { launchWindow } from './launch/launch-window.ts';

/** The folder that holds package.json, dist/ and assets/; this file runs as dist/node/cli.js. */
const ROOT = resolve(import.meta.dirname, '../..');

export interface CliOptions {
  /** The desktop shell's runtime may be fetched when it is missing. */
  readonly fetchElectron?: boolean;
}

/** Runs the `nbdscope` command; resolves to its exit code: 0 done, 1 could not be done, 2 not understood. */
export async function main(args: readonly string[], options: CliOptions = {}): Promise<number> {
  const version = readVersion();
  const command = parseArguments(args, { version, exists: existsSync });
  const context = {
    root: ROOT,
    version,
    stateDir: stateDir(),
    fetchElectron: options.fetchElectron === true,
  };
  switch (command.kind) {
    case 'text':
      process.stdout.write(command.text);
      return 0;
    case 'error':
      process.stderr.write(`nbdscope: ${command.text}\n`);
      return 2;
    case 'stats':
      return printStats(command);
    case 'convert':
      return convertFile(command, version);
    case 'render': {
      const { runRender } = await import('./render/run-render.ts');
      return runRender(command, context);
    }
    case 'doctor': {
      const { runDoctor } = await import('./doctor/run-doctor.ts');
      return runDoctor(ROOT, version, command.json);
    }
    case 'host':
      return hostDisk(command, context);
    case 'window': {
      const unreadable = command.captions === null ? null : await whyNoCaptions(command.captions);
      if (unreadable === null) return launchWindow(command, context);
      process.stderr.write(`nbdscope: ${unreadable}\n`);
      return 1;
    }
  }
}

/** As `main`, then ends the process once what it printed is written. */
export async function runToExit(args: readonly string[], options: CliOptions = {}): Promise<void> {
  // `nbdscope stats ... | head` ends the pipe early; that is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? 0 : 1);
  });
  // Whoever read our messages has gone: that is no reason to close the window.
  process.stderr.on('error', () => {});
  const code = await main(args, options).catch((error: unknown) => {
    process.stderr.write(`nbdscope: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  });
  process.exitCode = code;
  process.stdout.write('', () => process.exit(code));
}

/** Why a file of captions will not do, before a window opens; null when it will. */
async function whyNoCaptions(path: string): Promise<string | null> {
  const text = await captionText(path).catch((error: unknown) => error);
  if (typeof text !== 'string') return `${path}: ${text instanceof Error ? text.message : String(text)}`;
  const { captions, wrong } = readCaptions(text, 0);
  if (wrong[0] !== undefined) return `${path}: ${wrong[0]}`;
  return captions.length === 0 ? `${path} holds no captions` : null;
}

async function convertFile(command: ConvertCommand, version: string): Promise<number> {
  const { convert } = await import('#engine/convert/convert.ts');
  const { count, warnings } = await convert({ ...command, producer: `nbdscope ${version}` });
  for (const warning of warnings) process.stderr.write(`nbdscope: ${warning}\n`);
  process.stderr.write(`nbdscope: ${command.output}: ${count.toLocaleString('en')} rows\n`);
  return warnings.length > 0 ? 1 : 0;
}

async function printStats(command: StatsCommand): Promise<number> {
  const { collectStats } = await import('#engine/stats/stats.ts');
  const { formatStats } = await import('#engine/stats/format-stats.ts');
  const report = await collectStats(command.logs);
  process.stdout.write(command.json ? `${JSON.stringify(report, null, 2)}\n` : formatStats(report));
  return report.failed.length > 0 ? 1 : 0;
}

function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(resolve(ROOT, 'package.json'), 'utf8'));
  if (typeof manifest === 'object' && manifest !== null && 'version' in manifest)
    return String(manifest.version);
  throw new Error('package.json names no version; install nbdscope again');
}
