import { basename, resolve } from 'node:path';
import { formatBytes } from '#shared/bytes/size.ts';
import { FileBackend } from '../file/file-backend.ts';
import { nativeFiles } from '../file/native-files.ts';
import { openFile } from '../file/open-file.ts';
import { RequestError, readFileName } from '../filters/parameters.ts';
import { lastValue, type Plugin } from './plugin.ts';

/** nbdkit's `file`: a raw image or block device. */
export const filePlugin: Plugin = {
  name: 'file',
  summary: 'a raw image or a block device',
  parameters: [{ key: 'file', summary: 'its path' }],
  magicKey: 'file',
  takes: (key) => key === 'file',
  create: async (parameters, { readOnly }) => {
    const given = lastValue(parameters, 'file');
    if (given === null) throw new RequestError('file needs file=PATH, as in file=disk.img');
    const path = resolve(readFileName('file', given));
    const native = await nativeFiles();
    const file = await openFile(path, readOnly, native);
    const backend = await FileBackend.of(file, native);
    return {
      backend,
      name: basename(path),
      words: `${formatBytes(file.sizeBytes)} in the ${file.isDevice ? 'device' : 'file'} ${path}`,
      get warnings() {
        return backend.warnings;
      },
      usedBytes: 0,
      volatile: false,
      file: path,
    };
  },
};
