import { closeSync, openSync, writeSync } from 'node:fs';
import { WallClock } from '../wall-clock.ts';

/** Lines wait at most so long, ms, or until there are so many characters of them. */
const FLUSH_MS = 2;
const FLUSH_CHARACTERS = 64 << 10;

/** A log file whose lines begin with the time, as nbdkit's log filter writes it. Lines never part. */
export class LogFile {
  readonly path: string;
  readonly #onError: (error: Error) => void;
  readonly #clock = new WallClock();
  #fd: number | null;
  #text = '';
  #timer: NodeJS.Timeout | null = null;
  #second = -1;
  #secondText = '';

  /**
   * @param append whether what is in the file stays.
   * @param onError called once when the file cannot be written; nothing is written to it from then on.
   * @throws Error when the file cannot be opened.
   */
  constructor(path: string, append: boolean, onError: (error: Error) => void) {
    this.path = path;
    this.#onError = onError;
    this.#fd = openSync(path, append ? 'a' : 'w');
  }

  /** Writes `text` as one line, with the time of now. */
  line(text: string): void {
    if (this.#fd === null) return;
    this.#text += `${this.#now()} ${text}\n`;
    if (this.#text.length >= FLUSH_CHARACTERS) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), FLUSH_MS);
  }

  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#clock.anchor();
    const text = this.#text;
    this.#text = '';
    if (text === '' || this.#fd === null) return;
    try {
      const bytes = Buffer.from(text);
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at);
    } catch (error) {
      this.#close();
      this.#onError(error instanceof Error ? error : new Error(String(error)));
    }
  }

  dispose(): void {
    this.flush();
    this.#close();
  }

  #close(): void {
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
  }

  /** `YYYY-MM-DD HH:MM:SS.uuuuuu`, UTC. */
  #now(): string {
    const us = this.#clock.us(performance.now());
    const second = Math.floor(us / 1e6);
    if (second !== this.#second) {
      this.#second = second;
      this.#secondText = new Date(second * 1000).toISOString().slice(0, 19).replace('T', ' ');
    }
    return `${this.#secondText}.${String(Math.floor(us - second * 1e6)).padStart(6, '0')}`;
  }
}
