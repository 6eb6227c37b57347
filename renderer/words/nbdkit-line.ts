import { parseSize } from '#shared/bytes/size.ts';
import { quoteForShell } from './client-commands.ts';

/** What the form of `Run nbdkit` offers; anything else is pasted. */
export interface NbdkitForm {
  readonly plugin: NbdkitPlugin;
  readonly size: string;
  /** The file that the `file` plugin serves. */
  readonly path: string;
  readonly delayMs: string;
  readonly errorFile: string;
  readonly readOnly: boolean;
}

export const NBDKIT_PLUGINS = ['memory', 'data', 'file', 'pattern', 'random'] as const;
export type NbdkitPlugin = (typeof NBDKIT_PLUGINS)[number];

/** What each plugin serves, in a few words. */
export const PLUGIN_WORDS: Readonly<Record<NbdkitPlugin, string>> = {
  memory: 'an empty disk in memory',
  data: 'an empty disk that may be huge',
  file: 'a file or a device',
  pattern: 'a disk that holds its own offsets',
  random: 'a disk of random bytes, the same ones again',
};

export const NEW_NBDKIT: NbdkitForm = {
  plugin: 'memory',
  size: '64M',
  path: '',
  delayMs: '40',
  errorFile: '',
  readOnly: false,
};

const MAX_DELAY_MS = 60_000;

export type NbdkitField = 'size' | 'path' | 'delayMs' | 'errorFile';

/**
 * The line that the form makes, to stand behind `nbdkit`: `log` is outermost, so that failed requests are seen.
 * @returns a sentence for each field that holds something else than it takes.
 */
export function nbdkitLine(
  form: NbdkitForm,
): { readonly line: string } | { readonly errors: Readonly<Partial<Record<NbdkitField, string>>> } {
  const errors: Partial<Record<NbdkitField, string>> = {};
  const size = form.size.trim();
  const parsed = parseSize(size);
  const sized = form.plugin !== 'file';
  if (sized && 'error' in parsed) errors.size = parsed.error;
  const path = form.path.trim();
  if (!sized && path === '') errors.path = 'which file or device?';
  const delay = form.delayMs.trim();
  if (!/^\d*$/.test(delay) || Number(delay) > MAX_DELAY_MS) {
    errors.delayMs = `"${delay}": whole ms, from 0 to ${MAX_DELAY_MS}`;
  }
  const errorFile = form.errorFile.trim();
  if (errorFile !== '' && !errorFile.startsWith('/')) errors.errorFile = 'a whole path, as in /tmp/error1';
  if (Object.keys(errors).length > 0) return { errors };
  const delays = Number(delay) > 0 ? [`rdelay=${Number(delay)}ms`, `wdelay=${Number(delay)}ms`] : [];
  const fails = errorFile === '' ? [] : ['error-rate=100%', `error-file=${quoteForShell(errorFile)}`];
  return {
    line: [
      ...(form.readOnly ? ['-r'] : []),
      '--filter=log',
      ...(fails.length > 0 ? ['--filter=error'] : []),
      ...(delays.length > 0 ? ['--filter=delay'] : []),
      form.plugin,
      ...pluginParameters(form.plugin, size, path),
      ...fails,
      ...delays,
    ].join(' '),
  };
}

function pluginParameters(plugin: NbdkitPlugin, size: string, path: string): readonly string[] {
  switch (plugin) {
    case 'file':
      // Between quotes it would be no home directory.
      return [path.startsWith('~/') ? `~/${quoteForShell(path.slice(2))}` : quoteForShell(path)];
    case 'data':
      return ["''", `size=${size}`];
    default:
      return [`size=${size}`];
  }
}
