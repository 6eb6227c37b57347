import { desktopHost } from '../session/desktop-host.ts';
import type { DroppedFile } from './uploads.ts';

/** What a drop amounts to: paths where the shell knows them, else files to send. */
export interface Dropped {
  readonly paths: readonly string[];
  readonly files: readonly DroppedFile[];
}

/** A file handle as Chromium gives it; other browsers do not have it. */
interface FileHandle {
  readonly kind: string;
  readonly name: string;
  getFile(): Promise<File>;
}

/** Reads a drop. Must be called within the drop event: its items are void afterwards. */
export async function readDrop(transfer: DataTransfer): Promise<Dropped> {
  const host = desktopHost();
  if (host !== null) {
    const files = [...transfer.files];
    const paths = files.map((file) => host.pathForFile(file)).filter((path) => path !== '');
    return { paths, files: [] };
  }
  const pending = [...transfer.items].filter((item) => item.kind === 'file').map(readItem);
  const files = await Promise.all(pending);
  return { paths: [], files: files.filter((file) => file !== null) };
}

/** A chosen file, to be sent as it is now. */
export function asCopy(file: File): DroppedFile {
  return { name: file.name, getFile: () => Promise.resolve(file), live: false };
}

function readItem(item: DataTransferItem): Promise<DroppedFile | null> {
  const file = item.getAsFile();
  const copy = file === null ? null : asCopy(file);
  const asked = handleOf(item);
  if (asked === null) return Promise.resolve(copy);
  return asked.then(
    (handle) => {
      if (!isFileHandle(handle)) return copy;
      return { name: handle.name, getFile: () => handle.getFile(), live: true };
    },
    () => copy,
  );
}

function handleOf(item: DataTransferItem): Promise<unknown> | null {
  if (!('getAsFileSystemHandle' in item) || typeof item.getAsFileSystemHandle !== 'function') return null;
  const asked: unknown = item.getAsFileSystemHandle();
  return asked instanceof Promise ? asked : null;
}

function isFileHandle(handle: unknown): handle is FileHandle {
  return (
    typeof handle === 'object' &&
    handle !== null &&
    'kind' in handle &&
    handle.kind === 'file' &&
    'getFile' in handle &&
    typeof handle.getFile === 'function'
  );
}
