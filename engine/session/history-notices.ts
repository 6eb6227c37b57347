import { formatBytes } from '#shared/bytes/size.ts';
import type { HistoryNotices, SessionHistoryOptions } from '../history/session-history.ts';
import type { SourceNotice } from './source.ts';

export const HISTORY_NOTICE_KEYS = ['history-dropped', 'history-write', 'history-read'] as const;

/** Puts into words, for a session's notices, what a person has to be told of a history. */
export function historyNotices(
  { directory, memoryLimitBytes }: SessionHistoryOptions,
  notice: (notice: SourceNotice) => void,
): HistoryNotices {
  let isDroppedTold = false;
  return {
    trouble: (what, reason) => {
      const text =
        what === 'read'
          ? 'a part of the history cannot be read: blocks shown of that time may be as if untouched'
          : `the history cannot be written to ${directory}: it goes on in memory, where the oldest goes past ${formatBytes(memoryLimitBytes)}`;
      notice({ key: `history-${what}`, level: 'warning', text, detail: reason });
    },
    dropped: (limitBytes) => {
      if (isDroppedTold) return;
      isDroppedTold = true;
      const text = `the history has reached its limit of ${formatBytes(limitBytes)}: its oldest requests go as new ones come`;
      notice({ key: 'history-dropped', level: 'info', text, detail: null });
    },
  };
}
