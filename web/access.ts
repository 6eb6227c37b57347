import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** Sessions that may be open at once; the oldest goes first. One is made per token, and a token works once. */
const MAX_SESSIONS = 32;
const MAX_TOKENS = 32;

/**
 * Who may use the web host. A token is printed (or handed to a browser that we start) and works once: it is exchanged
 * for a session cookie, which reloads and further tabs then carry. Secrets are 32 random bytes and compared in
 * constant time; only their digests are kept.
 */
export class Access {
  readonly #cookieName: string;
  readonly #tokens: Buffer[] = [];
  readonly #sessions: Buffer[] = [];

  /** `port` goes into the cookie's name: cookies know no ports, and two hosts must not log each other out. */
  constructor(port: number) {
    this.#cookieName = `nbdscope-${port}`;
  }

  /** A new token, to be told to the person. */
  mintToken(): string {
    return mint(this.#tokens, MAX_TOKENS);
  }

  /** Uses up `token`: the Set-Cookie value of a new session, or null for a token that is wrong or was used. */
  exchange(token: string): string | null {
    const found = indexOf(this.#tokens, token);
    if (found < 0) return null;
    this.#tokens.splice(found, 1);
    return `${this.#cookieName}=${mint(this.#sessions, MAX_SESSIONS)}; Path=/; HttpOnly; SameSite=Strict`;
  }

  /** Whether a Cookie header carries a session of ours. */
  allows(cookieHeader: string | undefined): boolean {
    return (cookieHeader ?? '').split(';').some((pair) => {
      const [name = '', value = ''] = pair.trim().split('=', 2);
      return name === this.#cookieName && indexOf(this.#sessions, value) >= 0;
    });
  }
}

function mint(digests: Buffer[], most: number): string {
  const secret = randomBytes(32).toString('base64url');
  digests.push(digest(secret));
  if (digests.length > most) digests.shift();
  return secret;
}

function indexOf(digests: readonly Buffer[], secret: string): number {
  const wanted = digest(secret);
  return digests.findIndex((candidate) => timingSafeEqual(candidate, wanted));
}

function digest(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
