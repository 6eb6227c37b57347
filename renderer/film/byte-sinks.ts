import type { ByteSink } from './film-writer.ts';

/** A file that is written before it is saved. */
export interface StoredFile {
  readonly sink: ByteSink;
  /** What was written, once the sink is closed. */
  result(): Promise<Blob>;
  /** Gives the storage back; to be called once what was written is saved, or not wanted. */
  dispose(): Promise<void>;
}

/** Where the browser gives no storage, a film is kept in memory up to this. */
const MAX_MEMORY_BYTES = 512 * 1024 * 1024;

/**
 * A file in the storage that the browser keeps for this page (the origin private file system): what is written goes to the disk, so
 * that a film of any length takes little memory. Where there is none, as in some private windows, memory up to a limit.
 */
export async function storeFile(name: string): Promise<StoredFile> {
  try {
    const folder = await navigator.storage.getDirectory();
    const letGo = await holdName(name);
    const handle = await folder.getFileHandle(name, { create: true });
    const writable = await handle.createWritable();
    return {
      sink: {
        write: (position, data) => writable.write({ type: 'write', position, data }),
        close: () => writable.close(),
        abort: () => writable.abort(),
      },
      result: () => handle.getFile(),
      dispose: () =>
        folder
          .removeEntry(name)
          .catch(() => {})
          .finally(letGo),
    };
  } catch {
    return storeInMemory();
  }
}

/** Says to the other windows of this page that a file is in use; the browser lets go of it should this window crash. */
function holdName(name: string): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const held = (): Promise<void> => new Promise((letGo) => resolve(letGo));
    navigator.locks.request(lockOf(name), held).catch(reject);
  });
}

function lockOf(name: string): string {
  return `nbdscope-film ${name}`;
}

/** Removes what windows that crashed have left in the page's storage; files that another window writes or saves stay. */
export async function removeLeftFiles(): Promise<void> {
  try {
    const folder = await navigator.storage.getDirectory();
    const names: string[] = [];
    for await (const name of folder.keys()) names.push(name);
    for (const name of names) {
      await navigator.locks.request(lockOf(name), { ifAvailable: true }, async (lock) => {
        if (lock !== null) await folder.removeEntry(name);
      });
    }
  } catch {
    // A browser without storage has nothing left in it, and a file that is still open goes another time.
  }
}

export function storeInMemory(mostBytes = MAX_MEMORY_BYTES): StoredFile {
  let bytes = new Uint8Array(1 << 20);
  let length = 0;
  return {
    sink: {
      async write(position, data) {
        const end = position + data.byteLength;
        if (end > mostBytes) {
          throw new Error(
            `this browser gives no storage, and a film of more than ${mostBytes >> 20} MiB has no room in memory; choose a shorter span or a smaller size`,
          );
        }
        if (end > bytes.byteLength) {
          const larger = new Uint8Array(Math.min(mostBytes, Math.max(end, bytes.byteLength * 2)));
          larger.set(bytes.subarray(0, length));
          bytes = larger;
        }
        bytes.set(data, position);
        length = Math.max(length, end);
      },
      close: async () => {},
      abort: async () => {
        bytes = new Uint8Array(0);
        length = 0;
      },
    },
    result: async () => new Blob([bytes.subarray(0, length)]),
    dispose: async () => {
      bytes = new Uint8Array(0);
      length = 0;
    },
  };
}
