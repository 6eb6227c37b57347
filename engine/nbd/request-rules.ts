import { Op, RowFlag } from '#shared/events/vocabulary.ts';
import type { Negotiated } from './handshake.ts';
import type { HostedExport } from './hosted-export.ts';
import type { PendingRequest } from './pending-request.ts';
import { Command, CommandFlag, Errno, MAX_ACCEPTED_PAYLOAD_BYTES } from './protocol.ts';

/** Why a request was not carried out: the error number and words for the client's person. */
export interface Refusal {
  readonly errno: number;
  readonly text: Buffer;
}

const refusal = (errno: number, text: string): Refusal => ({ errno, text: Buffer.from(text) });

const UNKNOWN_COMMAND = refusal(Errno.EINVAL, 'unknown command');
const BAD_FLAGS = refusal(Errno.EINVAL, 'a command flag is unknown or does not belong to this command');
const FLUSH_RANGE = refusal(Errno.EINVAL, 'flush takes no offset and no length');
const READ_ONLY = refusal(Errno.EPERM, 'the disk is read-only');
const BEYOND_END = refusal(Errno.EINVAL, 'the range ends beyond the end of the disk');
const NO_SPACE = refusal(Errno.ENOSPC, 'the range ends beyond the end of the disk');
const TOO_LONG = refusal(Errno.EINVAL, 'more than 64 MiB in one request');
const NO_CONTEXT = refusal(Errno.EINVAL, 'no metadata context was selected for this export');
const EMPTY_STATUS = refusal(Errno.EINVAL, 'block status of no bytes');
const NOT_OFFERED = refusal(Errno.EINVAL, 'this command was not offered');
const NO_PAYLOAD = refusal(Errno.EINVAL, 'this command takes no payload here');
const PAYLOAD_NEEDED = refusal(Errno.EINVAL, 'a write has its payload, and says so in its flags');
const NO_FAST_ZERO = refusal(Errno.EINVAL, 'fast zero was not offered');

/** The server is going down ("Terminating the transmission phase"). */
export const SHUTTING_DOWN = refusal(Errno.ESHUTDOWN, 'the server is shutting down');

const FUA = CommandFlag.Fua;
/** Flags each command may have, by command ("Request types"); FUA is accepted on every one. */
const ALLOWED_FLAGS = [
  FUA,
  FUA,
  0xffff,
  FUA,
  FUA,
  FUA,
  FUA | CommandFlag.NoHole | CommandFlag.FastZero,
  FUA | CommandFlag.ReqOne,
];

/** The operation that a command stands for in the picture, by command; -1 for none. */
const OPS = [Op.Read, Op.Write, -1, Op.Flush, Op.Trim, Op.Cache, Op.Zero, Op.Extents];

/** The operation of a command, -1 for disconnect and unknown ones. */
export function opOf(command: number): number {
  return OPS[command] ?? -1;
}

/** A command's flags as a row of the event stream has them. */
export function rowFlags(command: number, flags: number): number {
  let bits = (flags & CommandFlag.Fua) !== 0 ? RowFlag.Fua : 0;
  if (command === Command.WriteZeroes) {
    if ((flags & CommandFlag.NoHole) === 0) bits |= RowFlag.MayTrim;
    if ((flags & CommandFlag.FastZero) !== 0) bits |= RowFlag.Fast;
  }
  if ((flags & CommandFlag.ReqOne) !== 0) bits |= RowFlag.ReqOne;
  if ((flags & CommandFlag.Df) !== 0) bits |= RowFlag.DontFragment;
  return bits;
}

/**
 * Checks a request against the export and what was negotiated (proto.md, "Request types", "Error values").
 * @param readOnly whether the client was told so when it connected; a backend that is protected later says so itself.
 * @returns why it must be refused, or null when the backend may have it.
 */
export function check(
  request: PendingRequest,
  disk: HostedExport,
  negotiated: Negotiated,
  readOnly: boolean,
): Refusal | null {
  const command = request.command;
  if (opOf(command) < 0) return UNKNOWN_COMMAND;
  let allowed = ALLOWED_FLAGS[command] ?? 0;
  if (command === Command.Read && negotiated.structuredReplies) allowed |= CommandFlag.Df;
  if (negotiated.extendedHeaders) {
    const hasPayload = (request.commandFlags & CommandFlag.PayloadLen) !== 0;
    if (hasPayload !== (command === Command.Write)) return hasPayload ? NO_PAYLOAD : PAYLOAD_NEEDED;
    allowed |= CommandFlag.PayloadLen;
  }
  if ((request.commandFlags & ~allowed) !== 0) return BAD_FLAGS;
  if (command === Command.Flush) {
    if (request.offsetHigh !== 0 || request.offsetLow !== 0 || !isEmpty(request)) return FLUSH_RANGE;
    return disk.backend.capabilities.flush ? null : NOT_OFFERED;
  }
  const writes = command === Command.Write || command === Command.Trim || command === Command.WriteZeroes;
  if (writes && readOnly) return READ_ONLY;
  const moves = command === Command.Read || command === Command.Write;
  if (moves && (request.length > MAX_ACCEPTED_PAYLOAD_BYTES || request.lengthHigh !== 0)) return TOO_LONG;
  if (!moves) {
    const refused = checkOffered(request, disk, negotiated);
    if (refused !== null) return refused;
  }
  if (isBeyondEnd(request, disk)) {
    return command === Command.Write || command === Command.WriteZeroes ? NO_SPACE : BEYOND_END;
  }
  return null;
}

function checkOffered(request: PendingRequest, disk: HostedExport, negotiated: Negotiated): Refusal | null {
  const can = disk.backend.capabilities;
  switch (request.command) {
    case Command.Trim:
      return can.trim ? null : NOT_OFFERED;
    case Command.Cache:
      return can.cache ? null : NOT_OFFERED;
    case Command.WriteZeroes:
      if (!can.zero) return NOT_OFFERED;
      return (request.flags & RowFlag.Fast) !== 0 && !can.fastZero ? NO_FAST_ZERO : null;
    default:
      if (!negotiated.structuredReplies || !negotiated.allocation) return NO_CONTEXT;
      return isEmpty(request) ? EMPTY_STATUS : null;
  }
}

/** Whether a request is about no bytes. */
export function isEmpty(request: PendingRequest): boolean {
  return request.length === 0 && request.lengthHigh === 0;
}

function isBeyondEnd(request: PendingRequest, disk: HostedExport): boolean {
  let endLow = request.offsetLow + request.length;
  let endHigh = request.offsetHigh + request.lengthHigh;
  if (endLow >= 0x1_0000_0000) {
    endLow -= 0x1_0000_0000;
    endHigh += 1;
  }
  return endHigh > disk.sizeHigh || (endHigh === disk.sizeHigh && endLow > disk.sizeLow);
}

const FAILURES = new Map<number, Buffer>([
  [Errno.EPERM, Buffer.from('the disk did not permit it')],
  [Errno.EIO, Buffer.from('the disk reported an I/O error')],
  [Errno.ENOMEM, Buffer.from('the disk is out of memory')],
  [Errno.EINVAL, Buffer.from('the disk refused the request as invalid')],
  [Errno.ENOSPC, Buffer.from('no space is left for the disk')],
  [Errno.EOVERFLOW, Buffer.from('the range is too long for this disk at once')],
  [Errno.ENOTSUP, Buffer.from('zeroing here is not faster than writing')],
  [Errno.ESHUTDOWN, Buffer.from('the disk is shutting down')],
]);
const FAILED = Buffer.from('the disk reported an error');

/** Words for an error number that came from the backend or a filter. */
export function failureText(errno: number): Buffer {
  return FAILURES.get(errno) ?? FAILED;
}

/** Whether a command changes the disk. */
export function changes(command: number): boolean {
  return command === Command.Write || command === Command.WriteZeroes || command === Command.Trim;
}
