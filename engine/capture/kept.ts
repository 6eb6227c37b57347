import type { SessionPast } from '#engine/time/session-past.ts';
import type { SessionInfo } from '#shared/contract/messages.ts';
import type { Kept } from './capture-desk.ts';
import { captureSession } from './capture-session.ts';
import type { KnownDisk } from './known-versions.ts';

/** What is open as it would be written down. */
export function keptOf(past: SessionPast, info: SessionInfo, structures: readonly KnownDisk[]): Kept {
  return {
    history: past.history,
    session: captureSession(info),
    structures,
    sequence: past.state.sequence,
    isLive: past.capture === null,
    edits: past.capture?.edits ?? [],
  };
}
