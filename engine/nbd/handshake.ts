import type { BlockSizes } from './backend.ts';
import { readInfoRequest, readMetaContextRequest, readName } from './option-data.ts';
import {
  ALLOCATION_CONTEXT,
  ClientFlag,
  HandshakeFlag,
  Info,
  MAX_PAYLOAD_BYTES,
  MIN_BLOCK_BYTES,
  NBD_MAGIC_HIGH,
  NBD_MAGIC_LOW,
  OPTION_MAGIC_HIGH,
  OPTION_MAGIC_LOW,
  OPTION_REPLY_MAGIC_HIGH,
  OPTION_REPLY_MAGIC_LOW,
  Option,
  OptionReply,
  PREFERRED_BLOCK_BYTES,
} from './protocol.ts';

/** Option data is kept up to this; no option we know needs more. */
export const MAX_OPTION_BYTES = 64 << 10;
/** Longer options are read over and refused up to this; beyond it the client is taken for an attacker. */
export const MAX_SKIPPED_OPTION_BYTES = 16 << 20;
/** Options in one handshake; `nbdinfo --list` sends two for each export. */
export const MAX_OPTIONS = 1024;
/** Names from outside are quoted in error texts up to this many characters. */
const QUOTED_CHARACTERS = 80;

/** The number we give base:allocation; the only context there is. */
export const ALLOCATION_CONTEXT_ID = 1;

/** What the handshake has to know of an export. */
export interface ExportFacts {
  readonly name: string;
  readonly description: string;
  readonly sizeBytes: bigint;
  /** See `TransmissionFlag`; SEND_DF only if structured replies were negotiated. */
  transmissionFlags(structuredReplies: boolean): number;
  readonly extents: boolean;
  /** null for the server's own. */
  readonly blockSizes?: BlockSizes | null;
}

/** The exports of a server; `''` finds the default one. */
export interface ExportDirectory {
  list(): Iterable<ExportFacts>;
  find(name: string): ExportFacts | null;
}

/** Whether clients can, or have to, encrypt the connection (proto.md, "TLS support"): NOTLS, SELECTIVETLS, FORCEDTLS. */
export type TlsMode = 'off' | 'on' | 'require';

/** What a server offers to everyone. */
export interface HandshakePolicy {
  readonly tls: TlsMode;
  readonly extendedHeaders: boolean;
}

/** What client and server have agreed on. */
export interface Negotiated {
  readonly structuredReplies: boolean;
  /** Headers of 32 bytes with 64-bit lengths; structured replies come with them. */
  readonly extendedHeaders: boolean;
  readonly noZeroes: boolean;
  readonly fixedNewstyle: boolean;
  /** Whether NBD_CMD_BLOCK_STATUS may be used: base:allocation was selected for the export now chosen. */
  readonly allocation: boolean;
}

/** Where a handshake stands after some bytes. */
export type HandshakeStep =
  /** More bytes are needed. */
  | { readonly kind: 'more' }
  /** The client has chosen; call {@link Handshake.accept} when the export is open. The rest belongs to transmission. */
  | { readonly kind: 'chosen'; readonly exportName: string; readonly negotiated: Negotiated }
  /**
   * Once the output is sent the connection is to be encrypted; then call {@link Handshake.secured}. What the client has
   * sent besides, in the clear, is to be thrown away.
   */
  | { readonly kind: 'secure' }
  /** The connection is to end, once the output is sent. `reason` is null when the client asked for it. */
  | { readonly kind: 'close'; readonly reason: string | null };

/** Everything that needs no credentials. */
const OPEN: HandshakePolicy = { tls: 'off', extendedHeaders: true };
const MORE: HandshakeStep = { kind: 'more' };

/**
 * The server's side of the handshake (proto.md, "Handshake"): fixed newstyle. It is fed bytes in pieces of any size, and what it answers gathers in `output`. Memory is bounded by {@link MAX_OPTION_BYTES} and the answer to one
 * option; it neither waits nor opens anything.
 */
export class Handshake {
  readonly #exports: ExportDirectory;
  readonly #policy: HandshakePolicy;
  #output: Buffer[] = [];
  /** Bytes of the item at hand: client flags, an option's header, or its data. */
  readonly #item = Buffer.allocUnsafeSlow(16);
  #data: Buffer = this.#item;
  #filled = 0;
  #wanted = 4;
  #stage: 'flags' | 'header' | 'data' | 'skip' | 'securing' | 'chosen' | 'closed' = 'flags';
  #secured = false;
  #toldToEncrypt = false;
  #skipLeft = 0;
  #option = 0;
  #optionCount = 0;
  #clientFlags = 0;
  #structuredReplies = false;
  #extendedHeaders = false;
  /** The export that base:allocation was last selected for; null when for none. */
  #allocationFor: ExportFacts | null = null;
  #chosen: { readonly facts: ExportFacts; readonly infos: readonly number[] | null } | null = null;
  #shuttingDown = false;

  constructor(exports: ExportDirectory, policy: HandshakePolicy = OPEN) {
    this.#exports = exports;
    this.#policy = policy;
    const greeting = Buffer.alloc(18);
    greeting.writeUInt32BE(NBD_MAGIC_HIGH, 0);
    greeting.writeUInt32BE(NBD_MAGIC_LOW, 4);
    greeting.writeUInt32BE(OPTION_MAGIC_HIGH, 8);
    greeting.writeUInt32BE(OPTION_MAGIC_LOW, 12);
    greeting.writeUInt16BE(HandshakeFlag.FixedNewstyle | HandshakeFlag.NoZeroes, 16);
    this.#output.push(greeting);
  }

  /** Takes the bytes to send so far. */
  takeOutput(): Buffer[] {
    const output = this.#output;
    this.#output = [];
    return output;
  }

  /** Whether the client asked in the clear for what is had by TLS alone, was refused it, and has not encrypted since. */
  get isRefusedPlain(): boolean {
    return this.#toldToEncrypt && !this.#secured;
  }

  /** From now on every option but ABORT is refused with NBD_REP_ERR_SHUTDOWN. */
  shutDown(): void {
    this.#shuttingDown = true;
  }

  /**
   * Takes bytes `from` to `to` as far as they belong to the handshake.
   * @returns how many it took, and where it stands. After `chosen` or `close` it takes none, after `secure` none until
   * {@link secured}.
   */
  push(bytes: Buffer, from: number, to: number): { readonly taken: number; readonly step: HandshakeStep } {
    let at = from;
    let step: HandshakeStep = MORE;
    while (at < to && step.kind === 'more' && this.#takesBytes) {
      if (this.#stage === 'skip') {
        const skipped = Math.min(this.#skipLeft, to - at);
        at += skipped;
        this.#skipLeft -= skipped;
        if (this.#skipLeft === 0) this.#nextOption();
        continue;
      }
      const take = Math.min(this.#wanted - this.#filled, to - at);
      bytes.copy(this.#data, this.#filled, at, at + take);
      this.#filled += take;
      at += take;
      if (this.#filled === this.#wanted) step = this.#itemRead();
    }
    return { taken: at - from, step };
  }

  get #takesBytes(): boolean {
    return this.#stage !== 'securing' && this.#stage !== 'chosen' && this.#stage !== 'closed';
  }

  /** The connection is encrypted: what was agreed on before, where anyone could meddle with it, is forgotten. */
  secured(): void {
    this.#secured = true;
    this.#structuredReplies = false;
    this.#extendedHeaders = false;
    this.#allocationFor = null;
    this.#nextOption();
  }

  /** The chosen export is open: tells the client. Transmission begins after this output. */
  accept(): void {
    const chosen = this.#chosen;
    if (chosen === null) return;
    if (chosen.infos !== null) {
      this.#describe(chosen.facts, chosen.infos);
      return;
    }
    const noZeroes = (this.#clientFlags & ClientFlag.NoZeroes) !== 0;
    const reply = Buffer.alloc(noZeroes ? 10 : 134);
    reply.writeBigUInt64BE(chosen.facts.sizeBytes, 0);
    reply.writeUInt16BE(chosen.facts.transmissionFlags(this.#structuredReplies), 8);
    this.#output.push(reply);
  }

  #itemRead(): HandshakeStep {
    switch (this.#stage) {
      case 'flags':
        return this.#clientFlagsRead();
      case 'header':
        return this.#headerRead();
      default:
        return this.#optionRead(this.#data.subarray(0, this.#wanted));
    }
  }

  #close(reason: string | null): HandshakeStep {
    this.#stage = 'closed';
    return { kind: 'close', reason };
  }

  #clientFlagsRead(): HandshakeStep {
    this.#clientFlags = this.#item.readUInt32BE(0);
    const unknown = this.#clientFlags & ~(ClientFlag.FixedNewstyle | ClientFlag.NoZeroes);
    if (unknown !== 0) return this.#close(`client flags 0x${(unknown >>> 0).toString(16)} are unknown`);
    this.#nextOption();
    return MORE;
  }

  #nextOption(): void {
    this.#stage = 'header';
    this.#data = this.#item;
    this.#filled = 0;
    this.#wanted = 16;
  }

  #headerRead(): HandshakeStep {
    const item = this.#item;
    if (item.readUInt32BE(0) !== OPTION_MAGIC_HIGH || item.readUInt32BE(4) !== OPTION_MAGIC_LOW) {
      return this.#close('an option does not begin with IHAVEOPT');
    }
    this.#optionCount += 1;
    if (this.#optionCount > MAX_OPTIONS) return this.#close(`more than ${MAX_OPTIONS} options`);
    this.#option = item.readUInt32BE(8);
    const length = item.readUInt32BE(12);
    if (length > MAX_OPTION_BYTES) return this.#refuseLong(length);
    if (length === 0) return this.#optionRead(this.#item.subarray(0, 0));
    this.#stage = 'data';
    this.#data = Buffer.allocUnsafe(length);
    this.#filled = 0;
    this.#wanted = length;
    return MORE;
  }

  #refuseLong(length: number): HandshakeStep {
    if (this.#option === Option.ExportName || length > MAX_SKIPPED_OPTION_BYTES) {
      return this.#close(`an option of ${length} bytes`);
    }
    if (this.#option === Option.Abort) {
      this.#reply(OptionReply.Ack);
      return this.#close(null);
    }
    if (this.#option === Option.SetMetaContext) this.#allocationFor = null;
    if (this.#needsTls) this.#refuseUntilTls();
    else if (isKnown(this.#option))
      this.#refuse(OptionReply.ErrTooBig, `${length} bytes of data are too many`);
    else this.#refuse(OptionReply.ErrUnsup, 'unknown option');
    this.#stage = 'skip';
    this.#skipLeft = length;
    return MORE;
  }

  #optionRead(data: Buffer): HandshakeStep {
    const step = this.#answer(data);
    if (step.kind === 'more') this.#nextOption();
    return step;
  }

  #answer(data: Buffer): HandshakeStep {
    const option = this.#option;
    if (option === Option.Abort) {
      this.#reply(OptionReply.Ack);
      return this.#close(null);
    }
    if (option === Option.ExportName) return this.#exportName(data);
    if (this.#shuttingDown) return this.#refuse(OptionReply.ErrShutdown, 'the server is shutting down');
    if ((this.#clientFlags & ClientFlag.FixedNewstyle) === 0) {
      return this.#refuse(OptionReply.ErrInvalid, 'only NBD_OPT_EXPORT_NAME without fixed newstyle');
    }
    if (option === Option.StartTls) return data.length > 0 ? this.#noData() : this.#startTls();
    if (this.#needsTls) return this.#refuseUntilTls();
    switch (option) {
      case Option.List:
        return data.length > 0 ? this.#noData() : this.#list();
      case Option.Info:
      case Option.Go:
        return this.#infoOrGo(data);
      case Option.StructuredReply:
        return data.length > 0 ? this.#noData() : this.#structuredReply();
      case Option.ExtendedHeaders:
        if (this.#policy.extendedHeaders) return data.length > 0 ? this.#noData() : this.#extendHeaders();
        return this.#refuse(OptionReply.ErrUnsup, 'extended headers are not offered here');
      case Option.ListMetaContext:
      case Option.SetMetaContext:
        return this.#metaContext(data);
      default:
        return this.#refuse(OptionReply.ErrUnsup, 'unknown option');
    }
  }

  #noData(): HandshakeStep {
    return this.#refuse(OptionReply.ErrInvalid, 'this option has no data');
  }

  get #needsTls(): boolean {
    return this.#policy.tls === 'require' && !this.#secured;
  }

  #refuseUntilTls(): HandshakeStep {
    this.#toldToEncrypt = true;
    return this.#refuse(OptionReply.ErrTlsReqd, 'TLS is required here; begin with NBD_OPT_STARTTLS');
  }

  #startTls(): HandshakeStep {
    if (this.#policy.tls === 'off') return this.#refuse(OptionReply.ErrPolicy, 'TLS is not offered here');
    if (this.#secured) return this.#refuse(OptionReply.ErrInvalid, 'the connection is encrypted already');
    this.#reply(OptionReply.Ack);
    this.#stage = 'securing';
    return { kind: 'secure' };
  }

  #structuredReply(): HandshakeStep {
    if (this.#extendedHeaders) {
      return this.#refuse(OptionReply.ErrExtHeaderReqd, 'extended headers were agreed on already');
    }
    this.#structuredReplies = true;
    return this.#reply(OptionReply.Ack);
  }

  #extendHeaders(): HandshakeStep {
    if (this.#extendedHeaders) {
      return this.#refuse(OptionReply.ErrInvalid, 'extended headers were agreed on already');
    }
    this.#extendedHeaders = true;
    this.#structuredReplies = true;
    return this.#reply(OptionReply.Ack);
  }

  #exportName(data: Buffer): HandshakeStep {
    if (this.#needsTls) {
      this.#toldToEncrypt = true;
      return this.#close('the client asked for an export without TLS, which is required');
    }
    if (this.#extendedHeaders) return this.#close('NBD_OPT_EXPORT_NAME after extended headers');
    const name = readName(data, 'the export name');
    if (typeof name !== 'string') return this.#close(name.error);
    const facts = this.#shuttingDown ? null : this.#exports.find(name);
    if (facts === null) return this.#close(`no export ${quote(name)}`);
    return this.#choose(facts, null);
  }

  #list(): HandshakeStep {
    for (const facts of this.#exports.list()) {
      const name = Buffer.from(facts.name);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(name.length);
      this.#reply(OptionReply.Server, Buffer.concat([length, name, Buffer.from(facts.description)]));
    }
    return this.#reply(OptionReply.Ack);
  }

  #infoOrGo(data: Buffer): HandshakeStep {
    const request = readInfoRequest(data);
    if ('error' in request) return this.#refuse(OptionReply.ErrInvalid, request.error);
    const facts = this.#exports.find(request.exportName);
    if (facts === null) return this.#unknownExport(request.exportName);
    if (this.#option === Option.Go) return this.#choose(facts, request.infos);
    return this.#describe(facts, request.infos);
  }

  #unknownExport(name: string): HandshakeStep {
    return this.#refuse(OptionReply.ErrUnknown, `no export ${quote(name)}`);
  }

  #choose(facts: ExportFacts, infos: readonly number[] | null): HandshakeStep {
    this.#chosen = { facts, infos };
    this.#stage = 'chosen';
    const negotiated: Negotiated = {
      structuredReplies: this.#structuredReplies,
      extendedHeaders: this.#extendedHeaders,
      noZeroes: (this.#clientFlags & ClientFlag.NoZeroes) !== 0,
      fixedNewstyle: (this.#clientFlags & ClientFlag.FixedNewstyle) !== 0,
      allocation: this.#allocationFor === facts,
    };
    return { kind: 'chosen', exportName: facts.name, negotiated };
  }

  /** NBD_REP_INFO for what was asked and can be told, then ACK. */
  #describe(facts: ExportFacts, infos: readonly number[]): HandshakeStep {
    const about = Buffer.alloc(12);
    about.writeUInt16BE(Info.Export, 0);
    about.writeBigUInt64BE(facts.sizeBytes, 2);
    about.writeUInt16BE(facts.transmissionFlags(this.#structuredReplies), 10);
    this.#reply(OptionReply.Info, about);
    if (infos.includes(Info.Name)) this.#reply(OptionReply.Info, textInfo(Info.Name, facts.name));
    if (infos.includes(Info.Description) && facts.description !== '') {
      this.#reply(OptionReply.Info, textInfo(Info.Description, facts.description));
    }
    if (infos.includes(Info.BlockSize)) {
      const sizes = Buffer.alloc(14);
      sizes.writeUInt16BE(Info.BlockSize, 0);
      sizes.writeUInt32BE(facts.blockSizes?.minimum ?? MIN_BLOCK_BYTES, 2);
      sizes.writeUInt32BE(facts.blockSizes?.preferred ?? PREFERRED_BLOCK_BYTES, 6);
      sizes.writeUInt32BE(facts.blockSizes?.maximum ?? MAX_PAYLOAD_BYTES, 10);
      this.#reply(OptionReply.Info, sizes);
    }
    return this.#reply(OptionReply.Ack);
  }

  #metaContext(data: Buffer): HandshakeStep {
    const setting = this.#option === Option.SetMetaContext;
    if (setting) this.#allocationFor = null;
    const request = readMetaContextRequest(data);
    if ('error' in request) return this.#refuse(OptionReply.ErrInvalid, request.error);
    if (setting && !this.#structuredReplies) {
      return this.#refuse(OptionReply.ErrInvalid, 'ask for structured replies first');
    }
    const facts = this.#exports.find(request.exportName);
    if (facts === null) return this.#unknownExport(request.exportName);
    const queries = request.queries;
    const wildcard = !setting && (queries.length === 0 || queries.includes('base:'));
    if (facts.extents && (wildcard || queries.includes(ALLOCATION_CONTEXT))) {
      if (setting) this.#allocationFor = facts;
      const context = Buffer.alloc(4 + ALLOCATION_CONTEXT.length);
      context.writeUInt32BE(setting ? ALLOCATION_CONTEXT_ID : 0);
      context.write(ALLOCATION_CONTEXT, 4);
      this.#reply(OptionReply.MetaContext, context);
    }
    return this.#reply(OptionReply.Ack);
  }

  #reply(type: number, data?: Buffer): HandshakeStep {
    const header = Buffer.alloc(20);
    header.writeUInt32BE(OPTION_REPLY_MAGIC_HIGH, 0);
    header.writeUInt32BE(OPTION_REPLY_MAGIC_LOW, 4);
    header.writeUInt32BE(this.#option, 8);
    header.writeUInt32BE(type, 12);
    header.writeUInt32BE(data?.length ?? 0, 16);
    this.#output.push(header);
    if (data !== undefined) this.#output.push(data);
    return MORE;
  }

  #refuse(type: number, text: string): HandshakeStep {
    return this.#reply(type, Buffer.from(text));
  }
}

function isKnown(option: number): boolean {
  return (
    option === Option.List ||
    option === Option.StartTls ||
    option === Option.Info ||
    option === Option.Go ||
    option === Option.StructuredReply ||
    option === Option.ExtendedHeaders ||
    option === Option.ListMetaContext ||
    option === Option.SetMetaContext
  );
}

function textInfo(info: number, text: string): Buffer {
  const bytes = Buffer.from(text);
  const reply = Buffer.alloc(2 + bytes.length);
  reply.writeUInt16BE(info, 0);
  bytes.copy(reply, 2);
  return reply;
}

/** A name from outside, for an error text: short, and without anything a terminal would act on. */
function quote(name: string): string {
  const visible = name.replace(/\p{C}/gu, '?');
  const characters = [...visible];
  if (characters.length <= QUOTED_CHARACTERS) return `"${visible}"`;
  return `"${characters.slice(0, QUOTED_CHARACTERS).join('')}…"`;
}
