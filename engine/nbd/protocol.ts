/**
 * The numbers of the NBD protocol (NetworkBlockDevice/nbd, doc/proto.md); each group names its section. All integers on
 * the wire are big-endian.
 */

/** "Newstyle negotiation": `NBDMAGIC`, as 32-bit halves. */
export const NBD_MAGIC_HIGH = 0x4e42_444d;
export const NBD_MAGIC_LOW = 0x4147_4943;
/** "Newstyle negotiation": `IHAVEOPT`, before every option, as 32-bit halves. */
export const OPTION_MAGIC_HIGH = 0x4948_4156;
export const OPTION_MAGIC_LOW = 0x454f_5054;
/** "Fixed newstyle negotiation": before every reply to an option, as 32-bit halves. */
export const OPTION_REPLY_MAGIC_HIGH = 0x0003_e889;
export const OPTION_REPLY_MAGIC_LOW = 0x0455_65a9;
/** "Request message". */
export const REQUEST_MAGIC = 0x2560_9513;
/** "Extended request message" (branch extension-ext-header, as the other two of extended headers). */
export const EXTENDED_REQUEST_MAGIC = 0x21e4_1c71;
/** "Simple reply message". */
export const SIMPLE_REPLY_MAGIC = 0x6744_6698;
/** "Structured reply chunk message". */
export const STRUCTURED_REPLY_MAGIC = 0x668e_33ef;
/** "Extended reply chunk message". */
export const EXTENDED_REPLY_MAGIC = 0x6e8a_278c;

/** "Handshake flags", from the server. */
export const HandshakeFlag = { FixedNewstyle: 1, NoZeroes: 2 } as const;
/** "Client flags". */
export const ClientFlag = { FixedNewstyle: 1, NoZeroes: 2 } as const;

/** "Transmission flags". */
export const TransmissionFlag = {
  HasFlags: 1 << 0,
  ReadOnly: 1 << 1,
  SendFlush: 1 << 2,
  SendFua: 1 << 3,
  Rotational: 1 << 4,
  SendTrim: 1 << 5,
  SendWriteZeroes: 1 << 6,
  SendDf: 1 << 7,
  CanMultiConn: 1 << 8,
  SendCache: 1 << 10,
  SendFastZero: 1 << 11,
} as const;

/** "Option types". */
export const Option = {
  ExportName: 1,
  Abort: 2,
  List: 3,
  PeekExport: 4,
  StartTls: 5,
  Info: 6,
  Go: 7,
  StructuredReply: 8,
  ListMetaContext: 9,
  SetMetaContext: 10,
  ExtendedHeaders: 11,
} as const;

/** "Option reply types". */
export const OptionReply = {
  Ack: 1,
  Server: 2,
  Info: 3,
  MetaContext: 4,
  ErrUnsup: 0x8000_0001,
  ErrPolicy: 0x8000_0002,
  ErrInvalid: 0x8000_0003,
  ErrPlatform: 0x8000_0004,
  ErrTlsReqd: 0x8000_0005,
  ErrUnknown: 0x8000_0006,
  ErrShutdown: 0x8000_0007,
  ErrBlockSizeReqd: 0x8000_0008,
  ErrTooBig: 0x8000_0009,
  ErrExtHeaderReqd: 0x8000_000a,
} as const;

/** "Option reply types", NBD_REP_INFO: what an information reply is about. */
export const Info = { Export: 0, Name: 1, Description: 2, BlockSize: 3 } as const;

/** "Request types". */
export const Command = {
  Read: 0,
  Write: 1,
  Disconnect: 2,
  Flush: 3,
  Trim: 4,
  Cache: 5,
  WriteZeroes: 6,
  BlockStatus: 7,
  Resize: 8,
} as const;

/** "Command flags". */
export const CommandFlag = { Fua: 1, NoHole: 2, Df: 4, ReqOne: 8, FastZero: 16, PayloadLen: 32 } as const;

/** "Structured reply flags". */
export const CHUNK_DONE = 1;
/** "Structured reply types". */
export const Chunk = {
  None: 0,
  OffsetData: 1,
  OffsetHole: 2,
  BlockStatus: 5,
  BlockStatusExt: 6,
  Error: 0x8001,
} as const;

/** "Error values". */
export const Errno = {
  Ok: 0,
  EPERM: 1,
  EIO: 5,
  ENOMEM: 12,
  EINVAL: 22,
  ENOSPC: 28,
  EOVERFLOW: 75,
  ENOTSUP: 95,
  ESHUTDOWN: 108,
} as const;

/** "The base:allocation metadata context". */
export const ALLOCATION_CONTEXT = 'base:allocation';
export const ExtentFlag = { Hole: 1, Zero: 2 } as const;

/** "Conventions": no string is longer than this, in bytes. */
export const MAX_STRING_BYTES = 4096;
/** "Structured reply types", NBD_REPLY_TYPE_BLOCK_STATUS: no more descriptors than this in a chunk. */
export const MAX_EXTENTS = 1 << 20;

/** "Size constraints": what we advertise. Any alignment will do; 32 MiB is what every client may count on. */
export const MIN_BLOCK_BYTES = 1;
export const PREFERRED_BLOCK_BYTES = 4096;
export const MAX_PAYLOAD_BYTES = 32 << 20;
/** Larger payloads than advertised are still served up to this; above it they are refused. */
export const MAX_ACCEPTED_PAYLOAD_BYTES = 64 << 20;

/** Bytes of a request's header. */
export const REQUEST_BYTES = 28;
/** Bytes of a request's header once extended headers were negotiated. */
export const EXTENDED_REQUEST_BYTES = 32;
