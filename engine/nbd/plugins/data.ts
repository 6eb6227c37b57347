import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { formatBytes } from '#shared/bytes/size.ts';
import { bytesContent, type Content } from '../data/content.ts';
import { DataError } from '../data/data-language.ts';
import { type DataContext, evaluateData } from '../data/evaluate.ts';
import { paintDisk } from '../data/paint-disk.ts';
import { ParameterError, RequestError } from '../filters/parameters.ts';
import { visible } from '../visible.ts';
import { diskInMemory } from './memory.ts';
import type { Parameters, Plugin, PluginContext } from './plugin.ts';
import { sizeAmong } from './read-size.ts';

const WAYS = ['data', 'base64', 'raw'] as const;
/** The most bytes other than zero, where there is memory for them. */
const MAX_DATA_BYTES = 1n << 30n;
const CHUNK_BYTES = 1 << 20;

/** nbdkit's `data`: a sparse disk in memory whose first contents are told in a small language. */
export const dataPlugin: Plugin = {
  name: 'data',
  summary: 'a disk whose contents are told in a small language, as in 0x55 0xAA, @0x1fe, "text" or (0 1)*8',
  parameters: [
    { key: 'data', summary: 'the contents; $NAME in them stands for what NAME= says' },
    { key: 'base64', summary: 'or the contents as base64' },
    { key: 'raw', summary: 'or the contents as they are' },
    { key: 'size', summary: 'how large it is, when not as large as the contents' },
  ],
  magicKey: 'data',
  takes: () => true,
  create: async (parameters, context) => {
    const content = await contentOf(parameters, context);
    const sizeBytes = sizeAmong(parameters) ?? content.size;
    if (sizeBytes === 0n)
      throw new RequestError('data comes to no bytes at all; give size=SIZE, as in size=64M');
    const disk = refusing('data', () => paintDisk(content, sizeBytes, context.allowance));
    const size = formatBytes(sizeBytes);
    return diskInMemory(disk, `data ${size}`, `${size} of data in memory`);
  },
};

async function contentOf(parameters: Parameters, context: PluginContext): Promise<Content> {
  const given = parameters.filter(([key]) => WAYS.some((way) => way === key));
  const [first] = given;
  if (first === undefined || given.length > 1) {
    throw new RequestError(`data needs one of data=, base64= and raw=, once; ${given.length} are there`);
  }
  const [way, value] = first;
  if (way === 'raw') return bytesContent(Buffer.from(value));
  if (way === 'base64') {
    if (!/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(value))
      throw new ParameterError('base64', value, 'this is not base64');
    return bytesContent(Buffer.from(value, 'base64'));
  }
  try {
    return await evaluateData(value, outside(parameters, context));
  } catch (error) {
    throw error instanceof DataError ? new RequestError(`data: ${error.message}`) : error;
  }
}

function outside(parameters: Parameters, context: PluginContext): DataContext {
  const { limitBytes, usedBytes } = context.allowance;
  const free = BigInt(Math.max(0, limitBytes - usedBytes));
  return {
    maxDataBytes: free < MAX_DATA_BYTES ? free : MAX_DATA_BYTES,
    variable: (name) => {
      const own = name === 'size' || WAYS.some((way) => way === name);
      return own ? null : (parameters.find(([key]) => key === name)?.[1] ?? null);
    },
    readFile: (path, from, to, mostBytes) => {
      if (!context.allowFiles) {
        throw new DataError(
          `<${visible(path, 200)} reads a file, which was not allowed; allow it with --allow-files, or when you are asked`,
        );
      }
      return readPart(path, from, to, mostBytes);
    },
  };
}

/** A part of a file. What has no end must be told one. */
async function readPart(path: string, from: bigint, to: bigint | null, mostBytes: bigint): Promise<Buffer> {
  const shown = `<${visible(path, 200)}`;
  const parts: Buffer[] = [];
  // One more than may be read shows that there is too much.
  let left = to === null || to - from > mostBytes ? mostBytes + 1n : to - from;
  try {
    // A FIFO must not have us wait for its other end.
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const status = await file.stat({ bigint: true });
    const seeks = status.isFile();
    if (!seeks && !status.isCharacterDevice()) throw new DataError(`${shown}: it is no file`);
    const known = status.size > from ? status.size - from : 0n;
    if (left > mostBytes && known > mostBytes) throw tooMuch(shown, mostBytes);
    for (let at = from; left > 0n; ) {
      const chunk = Buffer.allocUnsafeSlow(Number(left < BigInt(CHUNK_BYTES) ? left : BigInt(CHUNK_BYTES)));
      const { bytesRead } = await file.read({ buffer: chunk, position: seeks ? at : null });
      if (bytesRead === 0) break;
      // A file may be read in pieces as small as it likes, each of which would keep a whole chunk.
      parts.push(bytesRead === chunk.length ? chunk : Buffer.from(chunk.subarray(0, bytesRead)));
      at += BigInt(bytesRead);
      left -= BigInt(bytesRead);
    }
  } catch (error) {
    if (error instanceof DataError) throw error;
    throw new DataError(`${shown}: ${visible(error instanceof Error ? error.message : String(error), 200)}`);
  }
  const bytes = Buffer.concat(parts);
  if (BigInt(bytes.length) > mostBytes) throw tooMuch(shown, mostBytes);
  return bytes;
}

function tooMuch(shown: string, mostBytes: bigint): DataError {
  return new DataError(
    `${shown}: there is memory for ${mostBytes} bytes of it; take a slice of it, as in [:512], or stop a disk`,
  );
}

function refusing<T>(key: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof DataError ? new RequestError(`${key}: ${error.message}`) : error;
  }
}
