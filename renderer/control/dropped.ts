import { looksLikeCaptions } from '#shared/captions/captions-file.ts';
import { desktopHost } from '../session/desktop-host.ts';
import type { DroppedFile } from './uploads.ts';

/** What a drop amounts to: paths where the shell knows them, else files to send. */
export interface Dropped {
  readonly paths: readonly string[];
  readonly files: readonly DroppedFile[];
  /** Texts of times and words, which are not to be opened as logs. */
  readonly captions: readonly CaptionText[];
}

export interface CaptionText {
  readonly name: string;
  readonly text: string;
}

/** Longer files are not looked into: no story has so many words. */
const MAX_CAPTION_BYTES = 1_000_000;

/** A file handle as Chromium gives it; other browsers do not have it. */
interface FileHandle {
  readonly kind: string;
  readonly name: string;
  getFile(): Promise<File>;
}

/** Reads a drop. Must be called within the drop event: its items are void afterwards. */
export async function readDrop(transfer: DataTransfer): Promise<Dropped> {
  const host = desktopHost();
  const items = [...transfer.items].filter((item) => item.kind === 'file');
  const dropped = items.map((item) => {
    const file = item.getAsFile();
    if (host === null) return { path: '', captions: captionText(file), opened: readItem(item) };
    return { path: file === null ? '' : host.pathForFile(file), captions: captionText(file), opened: null };
  });
  const captions: CaptionText[] = [];
  const paths: string[] = [];
  const files: DroppedFile[] = [];
  for (const { path, captions: text, opened } of dropped) {
    const words = await text;
    const file = await opened;
    if (words !== null) captions.push(words);
    else if (path !== '') paths.push(path);
    else if (file !== null) files.push(file);
  }
  return { paths, files, captions };
}

/** What a file holds, where that is captions. */
async function captionText(file: File | null): Promise<CaptionText | null> {
  if (file === null || file.size > MAX_CAPTION_BYTES) return null;
  // A folder cannot be read; what cannot be read is not ours to tell of here.
  const text = await file.text().catch(() => '');
  return looksLikeCaptions(text) ? { name: file.name, text } : null;
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
