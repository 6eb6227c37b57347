import type { Socket } from 'node:net';
import {
  ClientFlag,
  HandshakeFlag,
  Info,
  NBD_MAGIC_HIGH,
  NBD_MAGIC_LOW,
  OPTION_MAGIC_HIGH,
  OPTION_MAGIC_LOW,
  OPTION_REPLY_MAGIC_HIGH,
  OPTION_REPLY_MAGIC_LOW,
  Option,
  OptionReply,
} from '../protocol.ts';
import type { ByteReader } from './byte-reader.ts';

/** Longer replies to options than this are not believed. */
const MAX_OPTION_REPLY_BYTES = 64 << 10;
const FIRST_ERROR = 0x8000_0000;
const NO_DATA = Buffer.alloc(0);

/** What a client knows of a disk after the handshake. */
export interface DiskFacts {
  readonly sizeBytes: bigint;
  /** See `TransmissionFlag`. */
  readonly flags: number;
  readonly structuredReplies: boolean;
  /** Whether requests and replies have 64-bit lengths. */
  readonly extendedHeaders: boolean;
}

/** Begins a fixed newstyle handshake (proto.md). @throws Error when the server speaks something else. */
export async function greet(socket: Socket, reader: ByteReader): Promise<void> {
  const greeting = await reader.take(18);
  if (
    !isMagic(greeting, 0, NBD_MAGIC_HIGH, NBD_MAGIC_LOW) ||
    !isMagic(greeting, 8, OPTION_MAGIC_HIGH, OPTION_MAGIC_LOW)
  ) {
    throw new Error('this is not an NBD server of the newstyle protocol');
  }
  const offered = greeting.readUInt16BE(16);
  if ((offered & HandshakeFlag.FixedNewstyle) === 0) throw new Error('the server is not fixed newstyle');
  const clientFlags = Buffer.alloc(4);
  const noZeroes = (offered & HandshakeFlag.NoZeroes) === 0 ? 0 : ClientFlag.NoZeroes;
  clientFlags.writeUInt32BE(ClientFlag.FixedNewstyle | noZeroes);
  socket.write(clientFlags);
}

/** Asks to encrypt the connection; TLS begins after it. @throws Error when the server will not. */
export async function askForTls(socket: Socket, reader: ByteReader): Promise<void> {
  sendOption(socket, Option.StartTls, NO_DATA);
  const { type, data } = await optionReply(reader, Option.StartTls);
  if (type !== OptionReply.Ack) {
    throw new Error(`the server does not encrypt connections: ${data.toString() || `error ${type}`}`);
  }
  // What anyone on the way may have put here must not pass for the server's word under TLS.
  if (reader.held > 0) throw new Error('the server goes on in the clear after it agreed to encrypt');
}

/**
 * Agrees on the most that both know and chooses an export with GO ("Fixed newstyle negotiation").
 * @throws Error when the server speaks something else or refuses the export.
 */
export async function chooseExport(
  socket: Socket,
  reader: ByteReader,
  exportName: string,
): Promise<DiskFacts> {
  const asks = async (option: number): Promise<boolean> => {
    sendOption(socket, option, NO_DATA);
    return (await optionReply(reader, option)).type === OptionReply.Ack;
  };
  const extendedHeaders = await asks(Option.ExtendedHeaders);
  const structuredReplies = extendedHeaders || (await asks(Option.StructuredReply));

  const name = Buffer.from(exportName);
  const go = Buffer.alloc(4 + name.length + 2);
  go.writeUInt32BE(name.length);
  name.copy(go, 4);
  sendOption(socket, Option.Go, go);
  let facts: DiskFacts | null = null;
  for (;;) {
    const { type, data } = await optionReply(reader, Option.Go);
    if (type === OptionReply.Ack) break;
    if (type >= FIRST_ERROR) {
      throw new Error(`the server refuses the export "${exportName}": ${data.toString() || `error ${type}`}`);
    }
    if (type === OptionReply.Info && data.length === 12 && data.readUInt16BE(0) === Info.Export) {
      facts = {
        sizeBytes: data.readBigUInt64BE(2),
        flags: data.readUInt16BE(10),
        structuredReplies,
        extendedHeaders,
      };
    }
  }
  if (facts === null) throw new Error('the server did not tell the size of the disk');
  return facts;
}

function sendOption(socket: Socket, option: number, data: Buffer): void {
  const header = Buffer.alloc(16);
  header.writeUInt32BE(OPTION_MAGIC_HIGH, 0);
  header.writeUInt32BE(OPTION_MAGIC_LOW, 4);
  header.writeUInt32BE(option, 8);
  header.writeUInt32BE(data.length, 12);
  socket.write(Buffer.concat([header, data]));
}

async function optionReply(reader: ByteReader, option: number): Promise<{ type: number; data: Buffer }> {
  const header = await reader.take(20);
  if (!isMagic(header, 0, OPTION_REPLY_MAGIC_HIGH, OPTION_REPLY_MAGIC_LOW)) {
    throw new Error('the server answered an option with something else');
  }
  if (header.readUInt32BE(8) !== option) throw new Error('the server answered another option');
  const length = header.readUInt32BE(16);
  if (length > MAX_OPTION_REPLY_BYTES) {
    throw new Error(`the server answered an option with ${length} bytes`);
  }
  return { type: header.readUInt32BE(12), data: await reader.take(length) };
}

function isMagic(bytes: Buffer, at: number, high: number, low: number): boolean {
  return bytes.readUInt32BE(at) === high && bytes.readUInt32BE(at + 4) === low;
}
