import type { SourceNotice } from '#engine/session/source.ts';
import { formatBytes, thousands } from '#shared/bytes/size.ts';
import { MAX_SLOTS } from '#shared/model/in-flight.ts';
import { MAX_DISKS } from '#shared/model/session-state.ts';
import type { DecoderFacts } from './decoder-facts.ts';

function count(n: number, one: string, many: string): string {
  return n === 1 ? `1 ${one}` : `${thousands(n)} ${many}`;
}

/** What a person should know of a log beyond its rows, one sentence each, for what has happened so far. */
export function decoderNotices(facts: DecoderFacts): SourceNotice[] {
  const notices: SourceNotice[] = [];
  const add = (
    key: string,
    level: SourceNotice['level'],
    text: string,
    detail: string | null = null,
  ): void => {
    notices.push({ key, level, text, detail });
  };
  if (facts.notUnderstood > 0 && facts.understood === 0) {
    add(
      'not-understood',
      'error',
      `This is no nbdkit log: none of its ${count(facts.lines, 'line was', 'lines were')} understood; open a file written by nbdkit --filter=log`,
      `line ${facts.firstNotUnderstood}: ${facts.sample}`,
    );
  } else if (facts.notUnderstood > 0) {
    const n = facts.notUnderstood;
    add(
      'not-understood',
      'warning',
      n === 1
        ? `1 line was not understood: line ${thousands(facts.firstNotUnderstood)}`
        : `${thousands(n)} lines were not understood; the first is line ${thousands(facts.firstNotUnderstood)}`,
      `line ${facts.firstNotUnderstood}: ${facts.sample}`,
    );
  }
  if (facts.tooLong > 0) {
    add(
      'too-long',
      'warning',
      `${count(facts.tooLong, 'line', 'lines')} longer than 64 KiB left out; the first is line ${thousands(facts.firstTooLong)}`,
    );
  }
  if (facts.nulBytes > 0) {
    add(
      'nul-hole',
      'info',
      `The log was emptied while nbdkit wrote to it: ${formatBytes(facts.nulBytes)} of zero bytes were left out, and what they held is lost`,
    );
  }
  if (facts.crlfLine > 0) {
    add(
      'crlf',
      'info',
      `Lines end in CR LF, from line ${thousands(facts.crlfLine)}: the log was copied through Windows`,
    );
  }
  if (facts.beyondEnd > 0) {
    add(
      'beyond-end',
      'warning',
      `${count(facts.beyondEnd, 'request reaches', 'requests reach')} beyond the end of the disk; the first is line ${thousands(facts.firstBeyondEnd)}`,
    );
  }
  if (facts.repliesAlone > 0) {
    add(
      'replies-alone',
      'info',
      `${count(facts.repliesAlone, 'reply has', 'replies have')} no request in this log; the first is line ${thousands(facts.firstReplyAlone)}`,
    );
  }
  if (facts.connectionsAlone > 0) {
    add(
      'head-lost',
      'info',
      `${count(facts.connectionsAlone, 'connection has', 'connections have')} no Connect line: the head of the log is missing`,
    );
  }
  if (facts.overflowed > 0) {
    add(
      'overflow',
      'warning',
      `More than ${thousands(MAX_SLOTS)} requests waited for a reply at once; the oldest ${thousands(facts.overflowed)} count as unanswered`,
    );
  }
  if (facts.exportsRefused > 0) {
    add(
      'exports-refused',
      'warning',
      `The log names more than ${MAX_DISKS} exports; only the first ${MAX_DISKS} are shown`,
    );
  }
  if (facts.unfinishedEnd) {
    add('unfinished-end', 'info', 'The last line is cut: the log ends in the middle of it');
  }
  return notices;
}
