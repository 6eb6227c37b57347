import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RequestError } from '../../filters/parameters.ts';
import { MemoryAllowance } from '../../memory-allowance.ts';
import { dataPlugin } from '../../plugins/data.ts';
import type { PluginDisk } from '../../plugins/plugin.ts';
import { drawsOf, expectWords, type FuzzPart, once, wideNumber } from '../../testing/fuzz-part.ts';
import { readBackend } from '../../testing/requests.ts';
import { hostileData } from './hostile-data.ts';

/** What hosted disks may take together, for these cases. */
const LIMIT_BYTES = 64 << 20;
const READ_BYTES = 65_536n;
const MAX_BYTES = (1n << 63n) - 1n;

/**
 * Data strings that nobody should have written. Each is a disk that keeps to the memory there is, or is refused in words;
 * no memory stays taken in either case.
 */
export class DataFuzz implements FuzzPart {
  readonly atOnce = 1;
  readonly #directory: string;
  readonly #files: [string, ...string[]];
  readonly #sample: string;

  private constructor(directory: string) {
    this.#directory = directory;
    const at = (name: string): string => join(directory, name);
    writeFileSync(at('small'), 'what is in the file');
    writeFileSync(at('sparse'), '');
    truncateSync(at('sparse'), 8 * 2 ** 30);
    mkdirSync(at('folder'));
    execFileSync('mkfifo', [at('fifo')]);
    this.#files = [
      at('small'),
      at('sparse'),
      at('folder'),
      at('fifo'),
      at('missing'),
      '/dev/zero',
      '/dev/null',
      '/proc/self/mem',
    ];
    const sample = new URL('../../../../assets/disks/seven-exabytes.data', import.meta.url);
    this.#sample = readFileSync(sample, 'utf8');
  }

  static begin(): DataFuzz {
    return new DataFuzz(mkdtempSync(join(tmpdir(), 'nbdscope-fuzz-data-')));
  }

  async once(seed: number): Promise<void> {
    const draw = drawsOf(seed);
    const { text, variables } = hostileData(draw, this.#files, this.#sample);
    const size: [string, string][] = once(draw, 3) ? [['size', String(wideNumber(draw))]] : [];
    const allowance = new MemoryAllowance(LIMIT_BYTES);
    const context = { allowance, readOnly: false, allowFiles: !once(draw, 3) };
    let disk: PluginDisk | null = null;
    try {
      disk = await dataPlugin.create([['data', text], ...variables, ...size], context);
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      expectWords(error.message);
    }
    if (disk !== null) await examine(disk, allowance);
    if (allowance.usedBytes !== 0) throw new Error(`${allowance.usedBytes} bytes stay taken`);
  }

  close(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

async function examine({ backend, usedBytes }: PluginDisk, allowance: MemoryAllowance): Promise<void> {
  const { sizeBytes } = backend;
  if (sizeBytes < 1n || sizeBytes > MAX_BYTES) throw new Error(`a disk of ${sizeBytes} bytes`);
  if (allowance.usedBytes > LIMIT_BYTES || usedBytes !== allowance.usedBytes) {
    throw new Error(`${usedBytes} bytes used, ${allowance.usedBytes} taken of ${LIMIT_BYTES}`);
  }
  const length = sizeBytes < READ_BYTES ? sizeBytes : READ_BYTES;
  await readBackend(backend, 0n, Number(length));
  await readBackend(backend, sizeBytes - length, Number(length));
  await backend.dispose();
}
