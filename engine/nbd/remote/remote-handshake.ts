import { connect, type Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import type { BlockSizes } from '../backend.ts';
import {
  ALLOCATION_CONTEXT,
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
  TransmissionFlag,
} from '../protocol.ts';
import { visible } from '../visible.ts';
import { HandshakeReader } from './handshake-reader.ts';
import type { RemoteAddress } from './nbd-uri.ts';
import { credentialsFor, encrypt } from './remote-tls.ts';

/** Longer replies to options than this are not believed. */
const MAX_OPTION_REPLY_BYTES = 64 << 10;
const FIRST_ERROR = 0x8000_0000;
/** "Oldstyle negotiation": what stands in place of `IHAVEOPT`. */
const OLDSTYLE_MAGIC_HIGH = 0x0000_4202;
const OLDSTYLE_MAGIC_LOW = 0x8186_1253;
/** Zeroes after the facts of an export, where they were not left out. */
const PADDING_BYTES = 124;
/** What a server takes at once when it does not tell ("Size constraints"). */
const DEFAULT_MAX_PAYLOAD_BYTES = 32 << 20;
/** Characters of a server's own words that are shown. */
const QUOTED_CHARACTERS = 200;

/** What is known of a disk after the handshake. */
export interface RemoteFacts {
  readonly sizeBytes: bigint;
  /** See `TransmissionFlag`. */
  readonly flags: number;
  readonly structuredReplies: boolean;
  /** The number of base:allocation; null when it was not to be had. */
  readonly allocationContext: number | null;
  /** null when the server did not tell. */
  readonly blockSizes: BlockSizes | null;
  /** Most bytes of a read or write. */
  readonly maxPayloadBytes: number;
}

/** A connection in transmission. The socket is paused. */
export interface OpenedRemote {
  readonly socket: Socket;
  readonly facts: RemoteFacts;
}

/**
 * Connects to a server and shakes hands (proto.md, "Handshake"): fixed newstyle, ended with GO or EXPORT_NAME, and the
 * two older forms where the server speaks no other.
 * @param limitMs how long all of it may take.
 * @param signal ends it at once.
 * @throws Error when the server is not there, is none, or refuses the export.
 */
export async function openRemote(
  address: RemoteAddress,
  limitMs: number,
  signal: AbortSignal | null,
): Promise<OpenedRemote> {
  const credentials = address.tls === null ? null : await credentialsFor(address.tls);
  signal?.throwIfAborted();
  const socket = connect(address.place);
  socket.setNoDelay(true);
  const state = { socket };
  const timer = setTimeout(
    () => state.socket.destroy(new Error(`the server did not answer within ${limitMs / 1000} s`)),
    limitMs,
  );
  const ended = (): void => void state.socket.destroy(new Error('no longer wanted'));
  signal?.addEventListener('abort', ended);
  try {
    const facts = await shakeHands(state, address, credentials);
    if (facts.sizeBytes < 1n || facts.sizeBytes >= 1n << 63n) {
      throw new Error(`the server's disk has ${facts.sizeBytes} bytes; 1 to 2^63-1 would do`);
    }
    return { socket: state.socket, facts };
  } catch (error) {
    state.socket.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', ended);
  }
}

async function shakeHands(
  state: { socket: Socket },
  address: RemoteAddress,
  credentials: ConnectionOptions | null,
): Promise<RemoteFacts> {
  let reader = new HandshakeReader(state.socket);
  const greeting = await reader.take(16);
  if (!isMagic(greeting, 0, NBD_MAGIC_HIGH, NBD_MAGIC_LOW)) throw new Error('this is not an NBD server');
  if (isMagic(greeting, 8, OLDSTYLE_MAGIC_HIGH, OLDSTYLE_MAGIC_LOW)) return oldstyle(reader, address);
  if (!isMagic(greeting, 8, OPTION_MAGIC_HIGH, OPTION_MAGIC_LOW))
    throw new Error('this is not an NBD server');
  const offered = (await reader.take(2)).readUInt16BE(0);
  const fixed = (offered & HandshakeFlag.FixedNewstyle) !== 0;
  const noZeroes = (offered & HandshakeFlag.NoZeroes) !== 0;
  const clientFlags = Buffer.alloc(4);
  clientFlags.writeUInt32BE((fixed ? ClientFlag.FixedNewstyle : 0) | (noZeroes ? ClientFlag.NoZeroes : 0));
  state.socket.write(clientFlags);
  if (credentials !== null) {
    if (!fixed) throw new Error('the server is too old for TLS');
    sendOption(state.socket, Option.StartTls, Buffer.alloc(0));
    const { type, data } = await optionReply(reader, Option.StartTls);
    if (type !== OptionReply.Ack) throw new Error(`the server refuses TLS: ${words(type, data)}`);
    // Whatever came before the encryption was not said by the server that holds the certificate.
    if (reader.detach().length > 0)
      throw new Error('the server sent bytes between STARTTLS and the encryption');
    state.socket = await encrypt(state.socket, credentials);
    reader = new HandshakeReader(state.socket);
  }
  return fixed
    ? negotiate(state.socket, reader, address, noZeroes)
    : byName(state.socket, reader, address, noZeroes);
}

async function negotiate(
  socket: Socket,
  reader: HandshakeReader,
  address: RemoteAddress,
  noZeroes: boolean,
): Promise<RemoteFacts> {
  sendOption(socket, Option.StructuredReply, Buffer.alloc(0));
  const structured = await optionReply(reader, Option.StructuredReply);
  if (structured.type === OptionReply.ErrTlsReqd) {
    throw new Error('the server wants TLS; use nbds:// or nbds+unix://');
  }
  const structuredReplies = structured.type === OptionReply.Ack;
  const allocationContext = structuredReplies
    ? await selectAllocation(socket, reader, address.exportName)
    : null;
  const name = Buffer.from(address.exportName);
  const go = Buffer.alloc(4 + name.length + 4);
  go.writeUInt32BE(name.length);
  name.copy(go, 4);
  go.writeUInt16BE(1, 4 + name.length);
  go.writeUInt16BE(Info.BlockSize, 6 + name.length);
  sendOption(socket, Option.Go, go);
  let facts: { readonly sizeBytes: bigint; readonly flags: number } | null = null;
  let blockSizes: BlockSizes | null = null;
  for (;;) {
    const { type, data } = await optionReply(reader, Option.Go);
    if (type === OptionReply.Ack) break;
    if (type === OptionReply.ErrUnsup) {
      return { ...(await byName(socket, reader, address, noZeroes)), structuredReplies, allocationContext };
    }
    if (type >= FIRST_ERROR) {
      throw new Error(`the server refuses the export "${address.exportName}": ${words(type, data)}`);
    }
    const info = type === OptionReply.Info && data.length >= 2 ? data.readUInt16BE(0) : -1;
    if (info === Info.Export && data.length === 12) {
      facts = { sizeBytes: data.readBigUInt64BE(2), flags: data.readUInt16BE(10) };
    } else if (info === Info.BlockSize && data.length === 14) {
      blockSizes = readBlockSizes(data);
    }
  }
  if (facts === null) throw new Error('the server did not tell the size of the disk');
  endOf(reader);
  return {
    ...facts,
    structuredReplies,
    allocationContext,
    blockSizes,
    maxPayloadBytes: Math.min(blockSizes?.maximum ?? DEFAULT_MAX_PAYLOAD_BYTES, DEFAULT_MAX_PAYLOAD_BYTES),
  };
}

/** Returns the number that the server gave the context; null when it has none. */
async function selectAllocation(
  socket: Socket,
  reader: HandshakeReader,
  exportName: string,
): Promise<number | null> {
  const name = Buffer.from(exportName);
  const query = Buffer.from(ALLOCATION_CONTEXT);
  const data = Buffer.alloc(4 + name.length + 8 + query.length);
  data.writeUInt32BE(name.length);
  name.copy(data, 4);
  data.writeUInt32BE(1, 4 + name.length);
  data.writeUInt32BE(query.length, 8 + name.length);
  query.copy(data, 12 + name.length);
  sendOption(socket, Option.SetMetaContext, data);
  let context: number | null = null;
  for (;;) {
    const { type, data: reply } = await optionReply(reader, Option.SetMetaContext);
    if (type === OptionReply.Ack) return context;
    if (type >= FIRST_ERROR) return null;
    if (type !== OptionReply.MetaContext || reply.length < 4) continue;
    if (reply.toString('utf8', 4) === ALLOCATION_CONTEXT) context = reply.readUInt32BE(0);
  }
}

async function byName(
  socket: Socket,
  reader: HandshakeReader,
  address: RemoteAddress,
  noZeroes: boolean,
): Promise<RemoteFacts> {
  sendOption(socket, Option.ExportName, Buffer.from(address.exportName));
  const reply = await reader.take(10);
  if (!noZeroes) await reader.take(PADDING_BYTES);
  endOf(reader);
  return plainFacts(reply.readBigUInt64BE(0), reply.readUInt16BE(8));
}

async function oldstyle(reader: HandshakeReader, address: RemoteAddress): Promise<RemoteFacts> {
  if (address.tls !== null) throw new Error('the server is too old for TLS');
  const reply = await reader.take(12 + PADDING_BYTES);
  endOf(reader);
  return plainFacts(reply.readBigUInt64BE(0), reply.readUInt16BE(10));
}

function plainFacts(sizeBytes: bigint, flags: number): RemoteFacts {
  return {
    sizeBytes,
    flags: (flags & TransmissionFlag.HasFlags) === 0 ? 0 : flags,
    structuredReplies: false,
    allocationContext: null,
    blockSizes: null,
    maxPayloadBytes: DEFAULT_MAX_PAYLOAD_BYTES,
  };
}

/** A server has nothing to say before it is asked. */
function endOf(reader: HandshakeReader): void {
  if (reader.detach().length > 0) throw new Error('the server answered before it was asked');
}

/** @throws Error when they break the rules. */
function readBlockSizes(data: Buffer): BlockSizes {
  const [minimum, preferred, maximum] = [data.readUInt32BE(2), data.readUInt32BE(6), data.readUInt32BE(10)];
  const isPower = minimum > 0 && (minimum & (minimum - 1)) === 0;
  if (!isPower || minimum > 65_536 || preferred < minimum || maximum < minimum) {
    throw new Error(`the server tells block sizes of ${minimum}, ${preferred} and ${maximum} bytes`);
  }
  return { minimum, preferred, maximum };
}

function sendOption(socket: Socket, option: number, data: Buffer): void {
  const header = Buffer.alloc(16);
  header.writeUInt32BE(OPTION_MAGIC_HIGH, 0);
  header.writeUInt32BE(OPTION_MAGIC_LOW, 4);
  header.writeUInt32BE(option, 8);
  header.writeUInt32BE(data.length, 12);
  socket.write(Buffer.concat([header, data]));
}

async function optionReply(reader: HandshakeReader, option: number): Promise<{ type: number; data: Buffer }> {
  const header = await reader.take(20);
  if (!isMagic(header, 0, OPTION_REPLY_MAGIC_HIGH, OPTION_REPLY_MAGIC_LOW)) {
    throw new Error('the server answered an option with something else');
  }
  if (header.readUInt32BE(8) !== option) throw new Error('the server answered another option');
  const type = header.readUInt32BE(12);
  const length = header.readUInt32BE(16);
  if (length > MAX_OPTION_REPLY_BYTES) throw new Error(`the server answered an option with ${length} bytes`);
  return { type, data: length === 0 ? Buffer.alloc(0) : await reader.take(length) };
}

/** A server's reason, for a person. */
function words(type: number, data: Buffer): string {
  const text = visible(data.toString(), QUOTED_CHARACTERS);
  return text === '' ? `error ${type - FIRST_ERROR}` : text;
}

function isMagic(bytes: Buffer, at: number, high: number, low: number): boolean {
  return bytes.readUInt32BE(at) === high && bytes.readUInt32BE(at + 4) === low;
}
