import { formatBytes } from '#shared/bytes/size.ts';
import { CurlBackend } from '../curl/curl-backend.ts';
import { CURL_PARAMETERS, type CurlOptions, readCurlOptions } from '../curl/curl-options.ts';
import { shown } from '../curl/http-asker.ts';
import { HttpImage } from '../curl/http-image.ts';
import type { Plugin, PluginDisk, TellHappening } from './plugin.ts';

/** Failures are told at most so often, ms; how it stands now is always to be seen. */
const TELL_MS = 5_000;

/** nbdkit's `curl`, read-only: an image on a web server. */
export const curlPlugin: Plugin = {
  name: 'curl',
  summary: 'an image on a web server that sends ranges, read-only',
  parameters: CURL_PARAMETERS,
  magicKey: 'url',
  takes: (key) => CURL_PARAMETERS.some((parameter) => parameter.key === key),
  create: async (parameters) => {
    const options = readCurlOptions(parameters);
    try {
      return new CurlDisk(options, await HttpImage.open(options));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`${shown(options.url)}: ${reason}`, { cause: error });
    }
  },
};

class CurlDisk implements PluginDisk {
  readonly backend: CurlBackend;
  readonly name: string;
  readonly words: string;
  readonly volatile = false;
  readonly #url: string;
  readonly #trusting: boolean;
  #tell: TellHappening = () => {};
  #toldMs = Number.NEGATIVE_INFINITY;

  constructor(options: CurlOptions, image: HttpImage) {
    this.#url = shown(options.url);
    this.#trusting = !options.verify;
    this.backend = new CurlBackend(image, options.cacheBytes);
    this.name = options.url.pathname.split('/').at(-1) || options.url.host;
    this.words = `${formatBytes(this.backend.sizeBytes)} of ${this.#url}`;
    this.backend.onProblem = (problem) => this.#happened(problem);
  }

  get usedBytes(): number {
    return this.backend.usedBytes;
  }

  get warnings(): readonly string[] {
    const warnings = this.#trusting ? ['any certificate is accepted: nobody knows whose image this is'] : [];
    const { problem } = this.backend;
    return problem === null ? warnings : [...warnings, `reads fail with EIO: ${problem}`];
  }

  watch(tell: TellHappening): void {
    this.#tell = tell;
  }

  #happened(problem: string | null): void {
    if (problem === null) {
      this.#tell({ status: null, text: null, level: 'info' });
      return;
    }
    const nowMs = performance.now();
    const text = nowMs - this.#toldMs < TELL_MS ? null : `a read of ${this.#url} failed with EIO: ${problem}`;
    if (text !== null) this.#toldMs = nowMs;
    this.#tell({ status: `reads of ${this.#url} fail: ${problem}`, text, level: 'warning' });
  }
}
