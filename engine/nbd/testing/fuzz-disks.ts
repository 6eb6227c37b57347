import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ImageServer } from '../curl/testing/image-server.ts';
import type { ServeOptions } from './served.ts';
import { serveApart } from './served-apart.ts';

/** A disk that hostile clients come to: how it is asked for, and what ends what it lies on. */
export interface FuzzDisk {
  readonly options: Pick<ServeOptions, 'plugin' | 'parameters' | 'filters'>;
  readonly close: () => unknown;
}

/** How large they are, but for what comes of a directory. */
export const FUZZ_DISK_BYTES = 64 << 20;

const inFile =
  (filters: readonly string[]) =>
  (directory: string): FuzzDisk => {
    const path = join(directory, 'disk.img');
    writeFileSync(path, '');
    truncateSync(path, FUZZ_DISK_BYTES);
    return { options: { plugin: 'file', filters, parameters: [['file', path]] }, close: () => {} };
  };

/** The kinds of disks besides memory, each with what it needs in a directory. */
export const FUZZ_DISKS: readonly {
  readonly name: string;
  readonly readOnly: boolean;
  readonly begin: (directory: string) => FuzzDisk | Promise<FuzzDisk>;
}[] = [
  { name: 'a file', readOnly: false, begin: inFile([]) },
  { name: 'an overlay over a file', readOnly: false, begin: inFile(['cow']) },
  {
    name: 'what was told in the data language',
    readOnly: false,
    begin: () => ({
      options: {
        plugin: 'data',
        parameters: [
          ['data', '"begin" @0x2000000 (1 2 3)*5000'],
          ['size', `${FUZZ_DISK_BYTES}`],
        ],
      },
      close: () => {},
    }),
  },
  {
    name: 'a directory',
    readOnly: true,
    begin: (directory) => {
      const folder = join(directory, 'folder');
      mkdirSync(folder, { recursive: true });
      for (let i = 0; i < 50; i += 1) {
        writeFileSync(join(folder, `file ${i}`), Buffer.alloc(i * 40_000, i));
      }
      return { options: { plugin: 'floppy', parameters: [['dir', folder]] }, close: () => {} };
    },
  },
  {
    name: 'an image on a web server',
    readOnly: true,
    begin: async () => {
      const web = await ImageServer.start(Buffer.alloc(FUZZ_DISK_BYTES, 7));
      return { options: { plugin: 'curl', parameters: [['url', web.url()]] }, close: () => web.close() };
    },
  },
  {
    name: 'the disk of another server',
    readOnly: false,
    begin: async () => {
      const other = await serveApart({});
      const uri = `nbd+unix:///?socket=${other.socket}`;
      return { options: { plugin: 'remote', parameters: [['uri', uri]] }, close: () => other.close() };
    },
  },
];
