import { thousands } from '#shared/bytes/size.ts';
import { errnoName, opName } from '#shared/events/vocabulary.ts';
import { BlockKind, COARSE, FAILED, FUA_MARK, KIND_MASK } from '#shared/model/block-state.ts';
import { ERRNO_PENDING, ERRNO_UNANSWERED } from '#shared/model/recent-requests.ts';
import type { Readout } from '../store/readout.ts';
import { formatAge, formatDuration, formatOffset } from './format.ts';

const KIND_NAMES: Readonly<Record<number, string>> = {
  [BlockKind.Untouched]: 'untouched',
  [BlockKind.Written]: 'written',
  [BlockKind.Trimmed]: 'trimmed',
  [BlockKind.Zeroed]: 'zeroed',
};

/** What a block shows, in words: `written`, `written with FUA`, `trimmed, last request failed`. */
export function stateWords(state: number): string {
  const kind = KIND_NAMES[state & KIND_MASK] ?? 'untouched';
  const fua = (state & FUA_MARK) !== 0 ? ' with FUA' : '';
  const failed = (state & FAILED) !== 0 ? ', last request failed' : '';
  const coarse = (state & COARSE) !== 0 ? ', known in part' : '';
  return `${kind}${fua}${failed}${coarse}`;
}

/** The layer whose colour a sector of this kind has. */
export function layerOfKind(kind: number): 'none' | 'write' | 'trim' | 'zero' {
  if (kind === BlockKind.Written) return 'write';
  if (kind === BlockKind.Trimmed) return 'trim';
  return kind === BlockKind.Zeroed ? 'zero' : 'none';
}

/** How a request ended: `ok`, `EIO`, `…` while it has not. */
export function outcomeWords(errno: number): string {
  if (errno === ERRNO_PENDING) return '…';
  if (errno === ERRNO_UNANSWERED) return 'no reply';
  return errnoName(errno);
}

/** The block in hand in one sentence, for screen readers. */
export function readoutSentence(readout: Readout): string {
  const where = `Block ${thousands(readout.block)} at ${formatOffset(readout.offsetBytes)}, ${stateWords(readout.state)}`;
  if (readout.lastOp === null) return `${where}.`;
  const age = readout.ageUs === null ? '' : `, ${formatAge(readout.ageUs)}`;
  const latency = readout.latencyUs === null ? '' : `, took ${formatDuration(readout.latencyUs)}`;
  const failed = readout.errno === 0 ? '' : `, failed with ${errnoName(readout.errno)}`;
  return `${where}; last ${opName(readout.lastOp)}${age}${latency}${failed}.`;
}
