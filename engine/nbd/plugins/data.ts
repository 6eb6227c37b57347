import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { formatBytes } from '#shared/bytes/size.ts';
import { bytesContent, type Content } from '../data/content.ts';
import { DataError } from '../data/data-language.ts';
import { type DataContext, evaluateData } from '../data/evaluate.ts';
import { paintDisk } from '../data/paint-disk.ts';
import { ParameterError, RequestError } from '../filters/parameters.ts';
import { diskInMemory } from './memory.ts';
import type { Parameters, Plugin, PluginContext } from './plugin.ts';
import { sizeAmong } from './read-size.ts';

const WAYS = ['data', 'base64', 'raw'] as const;
/** The most bytes other than zero. */
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
      throw new ParameterError('base64', short(value), 'this is not base64');
    return bytesContent(Buffer.from(value, 'base64'));
  }
  try {
    return await evaluateData(value, outside(parameters, context));
  } catch (error) {
    throw error instanceof DataError ? new RequestError(`data: ${error.message}`) : error;
  }
}

function outside(parameters: Parameters, context: PluginContext): DataContext {
  return {
    maxDataBytes: MAX_DATA_BYTES,
    variable: (name) => {
      const own = name === 'size' || WAYS.some((way) => way === name);
      return own ? null : (parameters.find(([key]) => key === name)?.[1] ?? null);
    },
    readFile: (path, from, to) => {
      if (!context.allowFiles) {
        throw new DataError(
          `<${path} reads a file, which was not allowed; allow it with --allow-files, or when you are asked`,
        );
      }
      return readPart(path, from, to);
    },
  };
}

/** A part of a file. What has no end must be told one. */
async function readPart(path: string, from: bigint, to: bigint | null): Promise<Buffer> {
  const parts: Buffer[] = [];
  let left = to === null ? MAX_DATA_BYTES + 1n : to - from;
  if (left > MAX_DATA_BYTES && to !== null)
    throw new DataError(`<${path}: at most ${MAX_DATA_BYTES} bytes of a file`);
  try {
    // A FIFO must not have us wait for its other end.
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const status = await file.stat();
    const seeks = status.isFile();
    if (!seeks && !status.isCharacterDevice()) throw new DataError(`<${path}: it is no file`);
    for (let at = from; left > 0n; ) {
      const chunk = Buffer.allocUnsafeSlow(Number(left < BigInt(CHUNK_BYTES) ? left : BigInt(CHUNK_BYTES)));
      const { bytesRead } = await file.read({ buffer: chunk, position: seeks ? at : null });
      if (bytesRead === 0) break;
      parts.push(chunk.subarray(0, bytesRead));
      at += BigInt(bytesRead);
      left -= BigInt(bytesRead);
    }
  } catch (error) {
    if (error instanceof DataError) throw error;
    throw new DataError(`<${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (to === null && left <= 0n)
    throw new DataError(
      `<${path}: it has more than ${MAX_DATA_BYTES} bytes; take a slice of it, as in [:512]`,
    );
  return Buffer.concat(parts);
}

function refusing<T>(key: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof DataError ? new RequestError(`${key}: ${error.message}`) : error;
  }
}

function short(value: string): string {
  return value.length > 40 ? `${value.slice(0, 40)}...` : value;
}
