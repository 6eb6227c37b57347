import * as http from 'node:http';
import * as https from 'node:https';
import type { CurlOptions } from './curl-options.ts';

/** What was asked of a server. */
export interface Question {
  readonly method: 'GET' | 'HEAD';
  readonly headers: Readonly<Record<string, string>>;
}

/** The head of an answer, after redirects; a body that is not read to its end costs the connection. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: http.IncomingMessage;
  /** Where it came from. */
  readonly url: URL;
}

const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];
/** A head with more than this is refused (`maxHeaderSize`), bytes. */
const MAX_HEAD_BYTES = 64 << 10;
const IDLE_MS = 15_000;

/** A failure that asking again may mend: the connection broke. */
export class BrokenOff extends Error {}

/**
 * Asks over HTTP and HTTPS and follows redirects. Connections are kept for the next question, at most
 * `options.connections` at once. Private headers go to the origin of the image's own URL and nowhere else.
 */
export class HttpAsker {
  readonly #options: CurlOptions;
  readonly #plain: http.Agent;
  readonly #secure: https.Agent;
  readonly #waiting: (() => void)[] = [];
  #busy = 0;

  constructor(options: CurlOptions) {
    this.#options = options;
    const kept = { keepAlive: true, maxSockets: options.connections, timeout: IDLE_MS };
    this.#plain = new http.Agent(kept);
    this.#secure = new https.Agent({
      ...kept,
      rejectUnauthorized: options.verify,
      ...(options.ca === null ? {} : { ca: options.ca }),
    });
  }

  /**
   * Asks, and has `take` read the answer; all of it within `timeoutMs` once a connection is free.
   * @throws Error telling what went wrong; {@link BrokenOff} when asking again may do.
   */
  async ask<T>(
    url: URL,
    question: Question,
    end: AbortSignal,
    take: (answer: HttpAnswer) => Promise<T>,
  ): Promise<T> {
    if (this.#busy >= this.#options.connections) await new Promise<void>((go) => this.#waiting.push(go));
    else this.#busy += 1;
    const late = AbortSignal.timeout(this.#options.timeoutMs);
    const signal = AbortSignal.any([late, end]);
    let answer: HttpAnswer | null = null;
    try {
      answer = await this.#follow(url, question, signal);
      return await take(answer);
    } catch (error) {
      if (end.aborted) throw new Error('no longer served');
      if (late.aborted) throw new Error(`no answer within ${this.#options.timeoutMs / 1000} s`);
      throw error;
    } finally {
      // A body that nobody reads to its end would keep its connection for ever.
      if (answer?.body.readableEnded === false) answer.body.destroy();
      const next = this.#waiting.shift();
      if (next === undefined) this.#busy -= 1;
      else next();
    }
  }

  dispose(): void {
    this.#plain.destroy();
    this.#secure.destroy();
  }

  async #follow(first: URL, question: Question, signal: AbortSignal): Promise<HttpAnswer> {
    const { maxRedirects } = this.#options;
    let url = first;
    for (let followed = 0; ; followed += 1) {
      const body = await this.#askOnce(url, question, signal);
      const status = body.statusCode ?? 0;
      if (!REDIRECTS.includes(status)) return { status, headers: body.headers, body, url };
      body.destroy();
      const location = body.headers.location;
      if (location === undefined || !URL.canParse(location, url.href)) {
        throw new Error(`the server redirects (${status}) to nowhere`);
      }
      const to = new URL(location, url);
      to.hash = '';
      if (maxRedirects === 0)
        throw new Error(`the server redirects to ${shown(to)}; give that, or followlocation=true`);
      if (followed === maxRedirects)
        throw new Error(`more than ${maxRedirects} redirects; the last to ${shown(to)}`);
      if (to.protocol !== 'http:' && to.protocol !== 'https:') {
        throw new Error(`the server redirects to ${to.protocol}, and only http: and https: are followed`);
      }
      to.username = '';
      to.password = '';
      url = to;
    }
  }

  #askOnce(url: URL, question: Question, signal: AbortSignal): Promise<http.IncomingMessage> {
    const { options, headers } = this.#requestTo(url, question);
    return new Promise((resolve, reject) => {
      const secure = url.protocol === 'https:';
      const made = (secure ? https : http).request(url, { ...options, headers, signal });
      made.once('response', (body) => {
        body.on('error', () => {});
        resolve(body);
      });
      made.once('upgrade', (_head, socket) => {
        socket.destroy();
        reject(new Error('the server answers in another protocol (101)'));
      });
      made.once('error', (error) =>
        reject(isBroken(error) ? new BrokenOff(words(error)) : new Error(words(error))),
      );
      // Not every end of a connection is told as an error.
      made.once('close', () => reject(new BrokenOff('the server hung up')));
      made.end();
    });
  }

  #requestTo(
    url: URL,
    question: Question,
  ): { options: https.RequestOptions; headers: http.OutgoingHttpHeaders } {
    const { userAgent, privateHeaders, unixSocket } = this.#options;
    const own = url.origin === this.#options.url.origin;
    return {
      options: {
        method: question.method,
        agent: url.protocol === 'https:' ? this.#secure : this.#plain,
        maxHeaderSize: MAX_HEAD_BYTES,
        ...(own && unixSocket !== null ? { socketPath: unixSocket } : {}),
      },
      headers: {
        accept: '*/*',
        ...(userAgent === null ? {} : { 'user-agent': userAgent }),
        ...(own ? privateHeaders : {}),
        'accept-encoding': 'identity',
        ...question.headers,
      },
    };
  }
}

/** A URL for people: its query may hold a signature. */
export function shown(url: URL): string {
  return `${url.origin}${url.pathname}${url.search === '' ? '' : '?…'}`;
}

function isBroken(error: Error): boolean {
  return 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}

function words(error: Error): string {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (code.includes('CERT') || code.includes('SELF_SIGNED') || code.includes('VERIFY')) {
    return `the server's certificate is not trusted (${error.message}); give cainfo=FILE, or sslverify=false to accept any`;
  }
  return error.message === '' ? code : error.message;
}
