import { MAX_SIZE_BYTES, parseSize } from '#shared/bytes/size.ts';
import { ParameterError, RequestError } from '../filters/parameters.ts';
import type { Parameters } from './plugin.ts';

/** The `size` among a plugin's parameters; null without one. @throws ParameterError when one of them will not do. */
export function sizeAmong(parameters: Parameters): bigint | null {
  let bytes: bigint | null = null;
  for (const [key, value] of parameters) {
    if (key !== 'size') continue;
    const size = parseSize(value);
    if ('error' in size) throw new ParameterError(key, value, size.error);
    if (bytes !== null) throw new ParameterError(key, value, 'the size is given already; give it once');
    bytes = size.bytes;
  }
  return bytes;
}

/** As {@link sizeAmong}, for a plugin that has no size of its own. */
export function neededSize(plugin: string, parameters: Parameters): bigint {
  const size = sizeAmong(parameters);
  if (size === null) {
    throw new RequestError(`${plugin} needs size=SIZE, as in size=64M; at most ${MAX_SIZE_BYTES}`);
  }
  return size;
}
