import { ERRNO_NAMES } from '#shared/events/vocabulary.ts';
import { Chunk } from '../protocol.ts';
import type { OptionAnswer, RawClient, ReplyChunk } from './raw-client.ts';

/** Size of the disk that probes are made for: 80 MiB, writable. */
export const PROBE_DISK_BYTES = 80 << 20;

/** One question put to a server over a raw socket, and the answers that the protocol allows. */
export interface Probe {
  readonly name: string;
  /** Answers in full, or patterns of them. */
  readonly allowed: readonly (string | RegExp)[];
  /** @param name the export's name. */
  readonly ask: (client: RawClient, name: string) => Promise<string>;
}
/** The answer of a server without structured replies to a probe of them. */
export const NOT_OFFERED = 'not offered';
const OPTION_NAMES: Readonly<Record<number, string>> = {
  1: 'ACK',
  2: 'SERVER',
  3: 'INFO',
  4: 'META_CONTEXT',
  2147483649: 'ERR_UNSUP',
  2147483650: 'ERR_POLICY',
  2147483651: 'ERR_INVALID',
  2147483652: 'ERR_PLATFORM',
  2147483653: 'ERR_TLS_REQD',
  2147483654: 'ERR_UNKNOWN',
  2147483655: 'ERR_SHUTDOWN',
  2147483656: 'ERR_BLOCK_SIZE_REQD',
  2147483657: 'ERR_TOO_BIG',
  2147483658: 'ERR_EXT_HEADER_REQD',
};

export const INFO_NAMES = ['EXPORT', 'NAME', 'DESCRIPTION', 'BLOCK_SIZE'];

function optionName(answer: OptionAnswer): string {
  const name = OPTION_NAMES[answer.type] ?? `0x${answer.type.toString(16)}`;
  if (name !== 'INFO') return name;
  const about = answer.data.readUInt16BE(0);
  return `INFO ${INFO_NAMES[about] ?? about}`;
}

export const words = (answers: readonly OptionAnswer[]): string => answers.map(optionName).join(' ');
const CHUNK_NAMES: Readonly<Record<number, string>> = {
  [Chunk.None]: 'none',
  [Chunk.OffsetData]: 'data',
  [Chunk.OffsetHole]: 'hole',
  [Chunk.BlockStatus]: 'status',
  [Chunk.BlockStatusExt]: 'status ext',
};

function chunkName(chunk: ReplyChunk): string {
  if (chunk.errno !== 0) return ERRNO_NAMES[chunk.errno] ?? `errno ${chunk.errno}`;
  if (!chunk.structured) return 'ok';
  return CHUNK_NAMES[chunk.type] ?? `type ${chunk.type}`;
}

export const reply = (chunks: readonly ReplyChunk[]): string => chunks.map(chunkName).join(' ');
/** Reads 512 bytes: shows that the server still reads requests where they begin. */
export const readAfter = async (client: RawClient): Promise<string> => {
  const bytes = await client.readDisk(0n, 512);
  return bytes.length === 512 ? 'readable' : 'short';
};
