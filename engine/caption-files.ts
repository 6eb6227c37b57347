import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { type Caption, readCaptions } from '#shared/captions/captions-file.ts';
import type { Session } from './session/session.ts';

/** Longer files hold no captions. */
const MAX_BYTES = 1_000_000;
/** Lines that a notice quotes. */
const QUOTED_LINES = 20;

/**
 * Files of captions that were named when nbdscope was started. Their times may count from the first row, so they are read once
 * that has come; what will not do is said in the window.
 */
export class CaptionFiles {
  readonly #session: Session;
  #waiting: string[] = [];

  constructor(session: Session) {
    this.#session = session;
  }

  add(path: string): void {
    this.#waiting.push(path);
    this.rowsCame();
  }

  /** Reads what waited for the first row. */
  rowsCame(): void {
    const firstUs = this.#session.history?.info().firstUs ?? null;
    if (this.#waiting.length === 0 || firstUs === null) return;
    const paths = this.#waiting;
    this.#waiting = [];
    for (const path of paths) void this.#read(path, firstUs);
  }

  async #read(path: string, firstUs: number): Promise<void> {
    const name = basename(path);
    try {
      const { captions, wrong } = readCaptions(await captionText(path), firstUs);
      if (captions.length > 0) this.#session.addMarks(captions.map(draftOf));
      if (wrong.length > 0 || captions.length === 0) {
        this.#session.notice(null, {
          key: `captions-${path}`,
          level: 'warning',
          text: wrong[0] === undefined ? `${name} holds no captions` : `${name}: left out ${wrong[0]}`,
          detail: wrong.length > 1 ? wrong.slice(0, QUOTED_LINES).join('\n') : null,
        });
      }
    } catch (error) {
      const text = `${name}: ${error instanceof Error ? error.message : String(error)}`;
      this.#session.notice(null, { key: `captions-${path}`, level: 'error', text, detail: null });
    }
  }
}

function draftOf({ kind, text, clockUs }: Caption) {
  return { kind, text, us: clockUs };
}

/** The text of a file of captions. @throws Error when it cannot be read, or is too long to be one. */
export async function captionText(path: string): Promise<string> {
  const bytes = await readFile(path);
  if (bytes.length > MAX_BYTES) {
    throw new Error(`${bytes.length} bytes are too many for captions; ${MAX_BYTES} are read at most`);
  }
  return bytes.toString('utf8');
}
