import type { HostInfo, SessionInfo, SourceInfo } from '#shared/contract/messages.ts';
import type { View } from '#shared/contract/time.ts';
import type { LinkState } from '../session/window-session.ts';
import { plural } from './format.ts';
import { otherClients } from './host-words.ts';
import { speedWords } from './speed-words.ts';
import { workloadTitle } from './workloads.ts';

/** How the session stands, for the mark in the top bar. */
export interface StatusWords {
  readonly tone: 'live' | 'busy' | 'still' | 'trouble';
  readonly words: string;
}

/** The one thing about the session's state that a person needs to know now. */
export function statusWords(
  link: LinkState,
  session: SessionInfo | null,
  view: View,
  paused: boolean,
): StatusWords {
  if (link === 'lost') return { tone: 'trouble', words: 'Reconnecting' };
  if (link === 'connecting' || session === null) return { tone: 'busy', words: 'Connecting' };
  if (paused) return { tone: 'still', words: 'Held' };
  const { sources, history } = session;
  if (view.mode === 'past') {
    if (view.playing) return { tone: 'live', words: `Replay ${speedWords(view.speed)}` };
    if (view.ended) return { tone: 'still', words: 'Replay ended' };
    // Where nothing more comes, all there is is the past: it is told by whether it is played.
    return { tone: 'still', words: history.growing ? 'Past' : 'Replay paused' };
  }
  const reading = sources.find((source) => source.status === 'reading');
  if (reading !== undefined) return { tone: 'busy', words: `Reading${percentRead(reading)}` };
  const live = sources.filter((source) => source.status === 'live');
  if (live.length > 0) {
    return { tone: 'live', words: live.every((source) => source.host !== null) ? 'Hosting' : 'Live' };
  }
  if (sources.some((source) => source.status === 'waiting')) return { tone: 'busy', words: 'Waiting' };
  if (sources.some((source) => source.status === 'failed')) return { tone: 'trouble', words: 'Failed' };
  return { tone: 'still', words: sources.length === 0 ? 'Nothing open' : 'Ended' };
}

function percentRead(source: SourceInfo): string {
  if (source.totalBytes === null || source.totalBytes === 0) return '';
  return ` ${Math.min(100, Math.floor((source.bytesRead / source.totalBytes) * 100))} %`;
}

const STATUS_NAMES: Readonly<Record<SourceInfo['status'], string>> = {
  waiting: 'waiting',
  reading: 'reading',
  live: 'live',
  ended: 'ended',
  failed: 'failed',
};

/** `no clients`, `1 client`, `2 clients`, without the one that runs workloads. */
export function clientsWords(host: HostInfo): string {
  const { length } = otherClients(host);
  return length === 0 ? 'no clients' : plural(length, 'client');
}

/** Whether and by whom a hosted disk is used; `used` when it has had a request. */
export function usageWords(host: HostInfo, used: boolean): string {
  if (otherClients(host).length > 0) return `In use · ${clientsWords(host)}`;
  if (host.workload !== null) return `Trying · ${workloadTitle(host.workload.name)}`;
  return used ? 'Used before, no clients now' : 'Nobody has used this disk yet';
}

/** A word or two for a panel's badge. */
export function sourceBadge(source: SourceInfo): string {
  if (source.host !== null) return `hosting · ${clientsWords(source.host)}`;
  const isRecording = source.kind === 'sample' || source.kind === 'capture';
  return isRecording && source.status === 'ended' ? 'recording' : STATUS_NAMES[source.status];
}
