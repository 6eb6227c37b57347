import type { IncomingHttpHeaders } from 'node:http';
import { visible } from '../visible.ts';
import type { CurlOptions } from './curl-options.ts';
import { BrokenOff, type HttpAnswer, HttpAsker } from './http-asker.ts';

/** How often a range is asked for when the connection breaks or the server is busy. */
const MAX_TRIES = 3;
const FIRST_WAIT_MS = 200;
/** The server, or one before it, cannot answer now. */
const BUSY: readonly number[] = [502, 503, 504];
/** An address that was redirected to may be good for a while only. */
const EXPIRED: readonly number[] = [401, 403, 404, 410];

/** What shows that an image is still the one it was: a strong ETag, else a weak one or the date. */
interface Version {
  readonly sizeBytes: number;
  readonly etag: string | null;
  readonly lastModified: string | null;
}

/** Characters of a server's own words that are shown. */
const QUOTED_CHARACTERS = 100;

/** The image on the server is another than it was. */
export class ImageChanged extends Error {}

/** A range is read into this: called with its bytes in order. */
export type TakeBytes = (bytes: Buffer) => void;

/**
 * An image on a web server, read by ranges (RFC 9110, section 14). Every answer is held against what was asked and
 * against the version that was there first.
 */
export class HttpImage {
  readonly sizeBytes: number;
  readonly #options: CurlOptions;
  readonly #asker: HttpAsker;
  readonly #version: Version;
  readonly #end = new AbortController();
  /** Where the last redirect led. */
  #url: URL;

  private constructor(options: CurlOptions, asker: HttpAsker, version: Version, url: URL) {
    this.#options = options;
    this.#asker = asker;
    this.#version = version;
    this.#url = url;
    this.sizeBytes = version.sizeBytes;
  }

  /** Asks for the first byte, which tells all there is to know. @throws Error telling why the image cannot be served. */
  static async open(options: CurlOptions): Promise<HttpImage> {
    const asker = new HttpAsker(options);
    const end = new AbortController().signal;
    try {
      const question = { method: 'GET', headers: { range: 'bytes=0-0' } } as const;
      const first = await repeated(end, () =>
        asker.ask(options.url, question, end, async (answer) => {
          const { status, headers, url } = answer;
          if (BUSY.includes(status)) throw refusalOf(status);
          if (status === 206 && headers['content-range'] !== undefined) await readBody(answer, 1, () => {});
          return { status, headers, url };
        }),
      );
      const version = await readVersion(first.status, first.headers, () => sizeByHead(asker, first.url, end));
      return new HttpImage(options, asker, version, first.url);
    } catch (error) {
      asker.dispose();
      throw error;
    }
  }

  /**
   * Reads `length` bytes from `start`, which lie within the image.
   * @param begin called before the first byte, and again when the range is asked for anew.
   * @throws Error telling what went wrong; {@link ImageChanged} when the image is another now.
   */
  async read(start: number, length: number, begin: () => TakeBytes): Promise<void> {
    await repeated(this.#end.signal, async () => {
      const status = await this.#readOnce(this.#url, start, length, begin);
      if (status === 206) return;
      const redirected = this.#url.href !== this.#options.url.href;
      this.#url = this.#options.url;
      const again = redirected && EXPIRED.includes(status);
      const final = again ? await this.#readOnce(this.#url, start, length, begin) : status;
      if (final !== 206) throw refusalOf(final);
    });
  }

  dispose(): void {
    this.#end.abort();
    this.#asker.dispose();
  }

  /** Returns the status; with 206 the range was read. */
  #readOnce(url: URL, start: number, length: number, begin: () => TakeBytes): Promise<number> {
    const { etag } = this.#version;
    const range = `bytes=${start}-${start + length - 1}`;
    const headers = { range, ...(etag?.startsWith('"') === true ? { 'if-range': etag } : {}) };
    return this.#asker.ask(url, { method: 'GET', headers }, this.#end.signal, async (answer) => {
      this.#checkVersion(answer.status, answer.headers);
      if (answer.status === 206) {
        checkRange(answer.headers, start, length, this.sizeBytes);
        await readBody(answer, length, begin());
        this.#url = answer.url;
      }
      return answer.status;
    });
  }

  #checkVersion(status: number, headers: IncomingHttpHeaders): void {
    if (status !== 200 && status !== 206 && status !== 412 && status !== 416) return;
    const now = { etag: headers.etag ?? null, lastModified: headers['last-modified'] ?? null };
    const { etag, lastModified } = this.#version;
    if (etag !== null && now.etag !== null && now.etag !== etag) {
      throw new ImageChanged(
        `the image has changed: its ETag was ${shortened(etag)} and is ${shortened(now.etag)}`,
      );
    }
    const noTag = etag === null || now.etag === null;
    if (noTag && lastModified !== null && now.lastModified !== null && now.lastModified !== lastModified) {
      throw new ImageChanged(
        `the image has changed: it was of ${shortened(lastModified)} and is of ${shortened(now.lastModified)}`,
      );
    }
    const size = /\/(\d+)$/.exec(headers['content-range'] ?? '')?.[1];
    if (size !== undefined && Number(size) !== this.sizeBytes) {
      throw new ImageChanged(
        `the image has changed: it had ${this.sizeBytes} bytes and has ${shortened(size)}`,
      );
    }
  }
}

/** Runs it until it no longer breaks off, or has done so too often. */
async function repeated<T>(end: AbortSignal, run: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof BrokenOff) || tries === MAX_TRIES || end.aborted) throw error;
    }
    await new Promise((go) => setTimeout(go, FIRST_WAIT_MS * 2 ** (tries - 1)));
  }
}

async function readVersion(
  status: number,
  headers: IncomingHttpHeaders,
  head: () => Promise<string | null>,
): Promise<Version> {
  if (status === 200 || headers['accept-ranges'] === 'none') {
    throw new Error(
      'the server sends no ranges, only the whole image: use a server that does, or download it and host it with file',
    );
  }
  if (status === 416) throw new Error('the image is empty');
  if (status !== 206) throw refusalOf(status);
  const match = /^bytes 0-0\/(\d+|\*)$/.exec(headers['content-range'] ?? '');
  if (match === null)
    throw new Error(`asked for byte 0, the server sent "${shortened(headers['content-range'] ?? '')}"`);
  const size = match[1] === '*' ? await head() : match[1];
  const sizeBytes = Number(size ?? Number.NaN);
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 1) {
    throw new Error(`the server does not tell a size that can be used (${shortened(size ?? 'none')})`);
  }
  checkEncoding(headers);
  return { sizeBytes, etag: headers.etag ?? null, lastModified: headers['last-modified'] ?? null };
}

function sizeByHead(asker: HttpAsker, url: URL, end: AbortSignal): Promise<string | null> {
  return asker.ask(url, { method: 'HEAD', headers: {} }, end, async ({ status, headers }) =>
    status === 200 ? (headers['content-length'] ?? null) : null,
  );
}

function checkEncoding(headers: IncomingHttpHeaders): void {
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity')
    throw new Error(`the server sends the image ${shortened(encoding)}-compressed though not asked to`);
}

function checkRange(headers: IncomingHttpHeaders, start: number, length: number, sizeBytes: number): void {
  checkEncoding(headers);
  const range = headers['content-range'] ?? '';
  const end = start + length - 1;
  if (range !== `bytes ${start}-${end}/${sizeBytes}` && range !== `bytes ${start}-${end}/*`) {
    throw new Error(`asked for bytes ${start}-${end}, the server sent "${shortened(range)}"`);
  }
}

async function readBody(answer: HttpAnswer, length: number, take: TakeBytes): Promise<void> {
  let came = 0;
  try {
    for await (const bytes of answer.body as AsyncIterable<Buffer>) {
      came += bytes.length;
      if (came > length) break;
      take(bytes);
    }
  } catch (error) {
    throw new BrokenOff(`cut off after ${came} of ${length} bytes`, { cause: error });
  }
  if (came > length) throw new Error(`asked for ${length} bytes, the server sent more`);
  if (came < length) throw new BrokenOff(`cut off after ${came} of ${length} bytes`);
}

function refusalOf(status: number): Error {
  if (BUSY.includes(status)) return new BrokenOff(`the server answers ${status}`);
  if (status === 200) return new Error('the server sent the whole image for a range');
  if (status === 401) return new Error('the server wants a login (401): give user= and password=');
  if (status === 403) return new Error('the server forbids it (403)');
  if (status === 404 || status === 410) return new Error(`there is no such image (${status})`);
  return new Error(`the server answers ${status}`);
}

function shortened(text: string): string {
  return visible(text, QUOTED_CHARACTERS);
}
