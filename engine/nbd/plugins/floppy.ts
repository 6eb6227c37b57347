import { basename, resolve } from 'node:path';
import { formatBytes } from '#shared/bytes/size.ts';
import { ParameterError, RequestError, readFileName } from '../filters/parameters.ts';
import { layOut } from '../floppy/fat-layout.ts';
import { FloppyBackend } from '../floppy/floppy-backend.ts';
import { scanDirectory } from '../floppy/scan-directory.ts';
import { lastValue, type Plugin } from './plugin.ts';
import { sizeAmong } from './read-size.ts';

const KEYS = ['dir', 'label', 'size'];
const LABEL = /^[A-Za-z0-9 !#$%&'()@^_`{}~-]{1,11}$/;

/** nbdkit's `floppy`: a directory as a read-only disk with a FAT file system. */
export const floppyPlugin: Plugin = {
  name: 'floppy',
  summary: 'a directory as a read-only disk with a FAT file system',
  parameters: [
    { key: 'dir', summary: 'the directory' },
    { key: 'label', summary: "the volume's label, NBDSCOPE unless told" },
    { key: 'size', summary: 'how large the disk is, when larger than needed' },
  ],
  magicKey: 'dir',
  takes: (key) => KEYS.includes(key),
  create: async (parameters) => {
    const given = lastValue(parameters, 'dir');
    if (given === null) throw new RequestError('floppy needs dir=DIRECTORY, as in dir=photos');
    const label = lastValue(parameters, 'label') ?? 'NBDSCOPE';
    if (!LABEL.test(label)) {
      throw new ParameterError('label', label, 'use at most 11 letters, digits and spaces');
    }
    const path = resolve(readFileName('dir', given));
    const { root, leftOut, real } = await scanDirectory(path);
    const disk = layOut(root, label, sizeAmong(parameters));
    const warnings = [...leftOut].map(([what, count]) => `Left out ${count} ${what}.`);
    if (disk.changedNames > 0) {
      warnings.push(`${disk.changedNames} names were changed to what FAT allows and can tell apart.`);
    }
    const backend = new FloppyBackend(disk, warnings);
    return {
      backend,
      name: basename(real) || real,
      words: `the directory ${real} as a FAT disk of ${formatBytes(backend.sizeBytes)}`,
      get warnings() {
        return backend.warnings;
      },
      usedBytes: 0,
      volatile: false,
    };
  },
};
