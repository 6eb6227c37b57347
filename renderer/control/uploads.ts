import type { Disposable } from '#shared/channel/channel.ts';
import type { SessionInfo } from '#shared/contract/messages.ts';
import { UploadFollower } from '../session/upload-follower.ts';
import type { WindowSession } from '../session/window-session.ts';

/** A file that came without a path: its handle where the browser gives one, else what it held when it was dropped. */
export interface DroppedFile {
  readonly name: string;
  readonly getFile: () => Promise<File>;
  readonly live: boolean;
}

interface ActiveUpload {
  readonly name: string;
  readonly follower: UploadFollower;
  /** Sources that were open before this upload: it is not one of them. */
  readonly before: ReadonlySet<number>;
}

/** The dropped files that this window is sending. */
export class Uploads implements Disposable {
  readonly #session: WindowSession;
  readonly #info: () => SessionInfo | null;
  readonly #onFailed: (name: string, reason: string) => void;
  readonly #active = new Map<number, ActiveUpload>();
  /** Numbers are the window's own; a random start keeps a reloaded window from meeting its former uploads. */
  #next = Math.floor(Math.random() * 0x7fff_0000);

  constructor(
    session: WindowSession,
    info: () => SessionInfo | null,
    onFailed: (name: string, reason: string) => void,
  ) {
    this.#session = session;
    this.#info = info;
    this.#onFailed = onFailed;
  }

  /** Sends a file, instead of what is open (`replace`) or beside it. */
  start(file: DroppedFile, replace: boolean): void {
    if (replace) this.dispose();
    const upload = this.#next;
    this.#next += 1;
    const before = new Set(this.#info()?.sources.map((source) => source.id) ?? []);
    const follower = new UploadFollower({
      upload,
      name: file.name,
      getFile: file.getFile,
      live: file.live,
      replace,
      send: (command) => this.#session.send(command),
      sendBytes: (number, bytes) => this.#session.sendUpload(number, bytes),
      bytesRead: () => this.#bytesRead(upload),
      onFailed: (reason) => {
        this.#active.delete(upload);
        this.#onFailed(file.name, reason);
      },
    });
    this.#active.set(upload, { name: file.name, follower, before });
    follower.start();
  }

  /** Names of the files that were being sent; they stop. The engine they went to is gone or shows something else. */
  stopAll(): readonly string[] {
    const names = [...this.#active.values()].map((upload) => upload.name);
    this.dispose();
    return names;
  }

  dispose(): void {
    for (const { follower } of this.#active.values()) follower.dispose();
    this.#active.clear();
  }

  #bytesRead(upload: number): number | null {
    const active = this.#active.get(upload);
    if (active === undefined) return null;
    const own = this.#info()?.sources.find(
      (source) => source.kind === 'upload' && source.name === active.name && !active.before.has(source.id),
    );
    return own?.bytesRead ?? null;
  }
}
