import { Errno } from '../../protocol.ts';
import { drawsOf, expectWords, type FuzzPart, mustBecome, mustEnd, once } from '../../testing/fuzz-part.ts';
import { readBackend } from '../../testing/requests.ts';
import { CurlBackend } from '../curl-backend.ts';
import { readCurlOptions } from '../curl-options.ts';
import { HttpImage } from '../http-image.ts';
import { HostileWeb } from './hostile-web.ts';

/** Beginning with none of the bytes that the server fills its lies with. */
const IMAGE = Buffer.from(Array.from({ length: 700_001 }, (_none, i) => 128 + ((i * 7 + (i >> 8)) % 127)));
const TIMEOUT_MS = 400;
const READS = 12;
const CACHE_BYTES = 1 << 18;

/**
 * Web servers that lie, fall silent and never stop. Each is refused in words or made a disk; every read of it ends, with
 * the image's own bytes or with EIO, and once the server is honest reads succeed unless the image has changed meanwhile.
 */
export class CurlFuzz implements FuzzPart {
  readonly atOnce = 8;

  static begin(): CurlFuzz {
    return new CurlFuzz();
  }

  async once(seed: number): Promise<void> {
    const draw = drawsOf(seed);
    const web = await HostileWeb.start(draw, IMAGE);
    try {
      const options = { ...readCurlOptions([['url', web.url]]), timeoutMs: TIMEOUT_MS, connections: 2 };
      web.honest = !once(draw, 3);
      const image = await mustEnd('opening', HttpImage.open(options).catch(refused));
      if (image !== null) {
        web.honest = false;
        await this.#use(draw, image, web);
      }
      await mustBecome(`no connection left, and not ${web.connections}`, () => web.connections === 0);
    } finally {
      await web.close();
    }
  }

  close(): void {}

  async #use(draw: (below: number) => number, image: HttpImage, web: HostileWeb): Promise<void> {
    const backend = new CurlBackend(image, CACHE_BYTES);
    backend.onProblem = (problem) => {
      if (problem !== null) expectWords(problem);
    };
    try {
      const size = Number(backend.sizeBytes);
      const read = async (): Promise<boolean> => {
        const at = draw(Math.min(size, IMAGE.length));
        const length = Math.min(size - at, 1 + draw(200_000));
        const bytes = await readBackend(backend, BigInt(at), length).catch(failed);
        if (bytes === null) return false;
        if (!bytes.equals(IMAGE.subarray(at, at + length))) throw new Error(`other bytes at ${at}+${length}`);
        return true;
      };
      for (let i = 0; i < READS; i += 4) {
        await mustEnd('reading', Promise.all(Array.from({ length: 4 }, read)));
      }
      web.honest = true;
      const hasChanged = (): boolean => backend.problem?.includes('has changed') === true;
      for (let tries = 0; !(await mustEnd('reading from an honest server', read())); tries += 1) {
        if (hasChanged()) break;
        if (tries > 100) throw new Error(`an honest server is not read from: ${backend.problem}`);
      }
    } finally {
      backend.dispose();
    }
  }
}

function refused(error: unknown): null {
  if (!(error instanceof Error)) throw error;
  expectWords(error.message);
  return null;
}

function failed(error: unknown): null {
  if (error instanceof Error && error.message === `errno ${Errno.EIO}`) return null;
  throw error;
}
