import { formatBytes } from '#shared/bytes/size.ts';
import { MemoryBackend } from '../memory-backend.ts';
import type { Plugin, PluginDisk } from './plugin.ts';
import { neededSize } from './read-size.ts';

/** nbdkit's `memory`: a sparse disk in memory. */
export const memoryPlugin: Plugin = {
  name: 'memory',
  summary: 'an empty disk in memory',
  parameters: [{ key: 'size', summary: 'how large it is, as in 64M' }],
  magicKey: 'size',
  takes: (key) => key === 'size',
  create: async (parameters, { allowance }) => {
    const sizeBytes = neededSize('memory', parameters);
    const size = formatBytes(sizeBytes);
    return diskInMemory(new MemoryBackend(sizeBytes, allowance), `memory ${size}`, `${size} in memory`);
  },
};

/** A disk in memory, whatever it begins with. */
export function diskInMemory(backend: MemoryBackend, name: string, words: string): PluginDisk {
  return {
    backend,
    name,
    words,
    warnings: [],
    get usedBytes() {
      return backend.usedBytes;
    },
    volatile: true,
  };
}
