import { RequestError } from '../filters/parameters.ts';
import { curlPlugin } from './curl.ts';
import { dataPlugin } from './data.ts';
import { filePlugin } from './file.ts';
import { floppyPlugin } from './floppy.ts';
import { memoryPlugin } from './memory.ts';
import { nullPlugin } from './null.ts';
import { patternPlugin } from './pattern.ts';
import type { Plugin } from './plugin.ts';
import { remotePlugin } from './remote.ts';

/** Every kind of disk there is. */
export const PLUGINS: readonly Plugin[] = [
  memoryPlugin,
  filePlugin,
  dataPlugin,
  floppyPlugin,
  remotePlugin,
  curlPlugin,
  patternPlugin,
  nullPlugin,
];

/** @throws RequestError naming those there are, when there is none of that name. */
export function findPlugin(name: string): Plugin {
  const plugin = PLUGINS.find((each) => each.name === name || each.aliases?.includes(name) === true);
  if (plugin !== undefined) return plugin;
  const names = PLUGINS.map((each) => each.name).join(', ');
  throw new RequestError(`unknown plugin "${name}"; there are ${names}`);
}

const KEY = /^[A-Za-z][A-Za-z0-9._-]*=/;

/** A word of a command line as the parameter it stands for: `size=64M`, or `64M` for a plugin whose word it is. */
export function parameterOf(plugin: Plugin, word: string): [key: string, value: string] {
  if (!KEY.test(word)) return [plugin.magicKey, word];
  const equals = word.indexOf('=');
  return [word.slice(0, equals), word.slice(equals + 1)];
}
