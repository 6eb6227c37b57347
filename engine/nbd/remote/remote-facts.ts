import type { Capabilities } from '../backend.ts';
import { TransmissionFlag } from '../protocol.ts';
import type { RemoteFacts } from './remote-handshake.ts';

const Flag = TransmissionFlag;

/** What clients are promised, which a server must not lose while they are connected. */
const PROMISES: readonly (readonly [flag: number, words: string])[] = [
  [Flag.SendFlush, 'flush'],
  [Flag.SendFua, 'FUA'],
  [Flag.SendTrim, 'trim'],
  [Flag.SendWriteZeroes, 'write zeroes'],
  [Flag.SendFastZero, 'fast zero'],
  [Flag.SendCache, 'cache'],
  [Flag.CanMultiConn, 'multi-conn'],
];

export function isReadOnly(facts: RemoteFacts): boolean {
  return (facts.flags & Flag.ReadOnly) !== 0;
}

/** What a disk can do whose server has these facts ("Transmission flags"). */
export function capabilitiesOf(facts: RemoteFacts): Capabilities {
  const has = (flag: number): boolean => (facts.flags & flag) !== 0;
  return {
    trim: has(Flag.SendTrim),
    zero: has(Flag.SendWriteZeroes),
    fastZero: has(Flag.SendFastZero),
    flush: has(Flag.SendFlush),
    fua: has(Flag.SendFua),
    cache: has(Flag.SendCache),
    extents: facts.allocationContext !== null,
    multiConn: has(Flag.CanMultiConn),
    rotational: has(Flag.Rotational),
    ...(facts.blockSizes === null
      ? {}
      : { blockSizes: { ...facts.blockSizes, maximum: facts.maxPayloadBytes } }),
  };
}

/** Why a server that is connected to again is not the one it was; null when it will do. */
export function whatChanged(before: RemoteFacts, now: RemoteFacts): string | null {
  if (now.sizeBytes !== before.sizeBytes) {
    return `the disk had ${before.sizeBytes} bytes and has ${now.sizeBytes} now`;
  }
  if (isReadOnly(now) && !isReadOnly(before)) return 'the disk has become read-only';
  for (const [flag, words] of PROMISES) {
    if ((before.flags & flag) !== 0 && (now.flags & flag) === 0) return `the server can no longer ${words}`;
  }
  if (before.structuredReplies && !now.structuredReplies)
    return 'the server has no structured replies any more';
  if (before.allocationContext !== null && now.allocationContext === null) {
    return 'the server tells no block status any more';
  }
  if ((now.blockSizes?.minimum ?? 1) > (before.blockSizes?.minimum ?? 1)) {
    return `the server takes no less than ${now.blockSizes?.minimum} bytes at once now`;
  }
  if (now.maxPayloadBytes < before.maxPayloadBytes) {
    return `the server takes at most ${now.maxPayloadBytes} bytes at once now, and took ${before.maxPayloadBytes}`;
  }
  return null;
}
