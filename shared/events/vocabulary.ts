/**
 * The numbers that stand in an event batch, and their names.
 *
 * Rows hold small integers, never strings: names are the field's own (proto.md of the NBD project and
 * nbdkit's log filter). Values are part of the capture format, so they are never renumbered.
 */

/** What a row says. */
export const RowKind = {
  /** A request arrived at the disk. */
  Request: 1,
  /** The reply to a request. Carries the request's own op, flags, offset and length again. */
  Completion: 2,
  /** No reply to this request will ever come: its connection or its run has ended. */
  Unanswered: 3,
  /** A client opened the export on this connection. */
  Connect: 4,
  /** The client is gone. */
  Disconnect: 5,
  /** From here on the picture of this disk (or of {@link ALL_DISKS}) shows only what comes next; counters and history go on. */
  ClearPicture: 6,
  /** Words of a recording about a moment; the text lies in the batch's text part. A session makes a Mark of it. */
  Caption: 7,
  /** A person changed what makes this disk fail; the batch's text holds it as JSON (contract/faults.ts, FaultChange). */
  FaultChange: 8,
  /** A person named a moment, changed or removed such a name; the text holds it as JSON (model/mark-table.ts). */
  Mark: 9,
} as const;
export type RowKind = (typeof RowKind)[keyof typeof RowKind];

/** Whether rows of this kind carry words: their offset and length columns point into the batch's text part. */
export function hasText(kind: number | undefined): boolean {
  return kind === RowKind.Caption || kind === RowKind.FaultChange || kind === RowKind.Mark;
}

/** In the disk column of a ClearPicture row: every disk of the session. */
export const ALL_DISKS = 0xffff;

/** The operation of a request, in the order in which the window lists them. */
export const Op = { Read: 0, Write: 1, Trim: 2, Zero: 3, Flush: 4, Cache: 5, Extents: 6 } as const;
export type Op = (typeof Op)[keyof typeof Op];

/** How many operations there are; arrays indexed by {@link Op} have this length. */
export const OP_COUNT = 7;

/** Names of the operations, by number, as nbdkit's log filter spells them, in lower case. */
export const OP_NAMES = ['read', 'write', 'trim', 'zero', 'flush', 'cache', 'extents'] as const;

/** Bits of a row's flags column. */
export const RowFlag = {
  /** Force unit access: the reply means the data is on stable storage. */
  Fua: 1,
  /** Write zeroes that may punch a hole (nbdkit's `trim=1`; the inverse of NBD_CMD_FLAG_NO_HOLE). */
  MayTrim: 2,
  /** Write zeroes only if that is faster than writing (NBD_CMD_FLAG_FAST_ZERO). */
  Fast: 4,
  /** Block status for one extent only (NBD_CMD_FLAG_REQ_ONE). */
  ReqOne: 8,
  /** Structured read that must not be fragmented (NBD_CMD_FLAG_DF). */
  DontFragment: 16,
} as const;

/**
 * Error numbers as they stand in a completion: the values of the NBD protocol, which are Linux's.
 * 0 is success.
 */
export const ERRNO_NAMES: Readonly<Record<number, string>> = {
  1: 'EPERM',
  5: 'EIO',
  12: 'ENOMEM',
  22: 'EINVAL',
  28: 'ENOSPC',
  75: 'EOVERFLOW',
  95: 'ENOTSUP',
  108: 'ESHUTDOWN',
};

/** The name of an error number; `0` gives `ok` and an unknown one `errno 7`. */
export function errnoName(errno: number): string {
  return errno === 0 ? 'ok' : (ERRNO_NAMES[errno] ?? `errno ${errno}`);
}

/** The name of an operation by number; an unknown one gives `op 9`. */
export function opName(op: number): string {
  return OP_NAMES[op] ?? `op ${op}`;
}
