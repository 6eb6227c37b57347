import { describe, expect, it } from 'vitest';
import { NO_CAPTURES } from '#shared/contract/captures.ts';
import type { HostInfo, SessionInfo, SourceInfo } from '#shared/contract/messages.ts';
import { LIVE_VIEW, NO_HISTORY, type View } from '#shared/contract/time.ts';
import { sourceBadge, statusWords, usageWords } from './status.ts';
import { clientInfo, hostInfo, sourceInfo } from './testing/infos.ts';

const PAST: View = { ...LIVE_VIEW, mode: 'past', positionUs: 0 };

function session(sources: SourceInfo[], growing = false): SessionInfo {
  return {
    disks: [],
    arrays: [],
    sources,
    notices: [],
    recentLogs: [],
    modelBytes: 0,
    history: { ...NO_HISTORY, growing },
    captures: NO_CAPTURES,
    structures: [],
    modelLimitBytes: 1,
  };
}

/** A disk with these clients: whether each is the window's own. */
function host(builtIn: readonly boolean[]): HostInfo {
  return hostInfo({ connections: builtIn.map((own, number) => clientInfo({ number, builtIn: own })) });
}

describe('sourceBadge', () => {
  it("counts a hosted disk's clients, but for the window's own", () => {
    expect(sourceBadge(sourceInfo({ host: host([]) }))).toBe('hosting · no clients');
    expect(sourceBadge(sourceInfo({ host: host([true, false]) }))).toBe('hosting · 1 client');
    expect(sourceBadge(sourceInfo({ host: host([false, false]) }))).toBe('hosting · 2 clients');
    expect(sourceBadge(sourceInfo({}))).toBe('live');
    expect(sourceBadge(sourceInfo({ kind: 'sample', status: 'ended' }))).toBe('recording');
  });
});

describe('usageWords', () => {
  it('says whether a hosted disk was used, and by whom it is', () => {
    expect(usageWords(host([]), false)).toBe('Nobody has used this disk yet');
    expect(usageWords(host([]), true)).toBe('Used before, no clients now');
    expect(usageWords(host([false]), false)).toBe('In use · 1 client');
    const trying = { ...host([true]), workload: { name: 'trim', done: 0.5 } };
    expect(usageWords(trying, true)).toBe('Trying · Trim');
  });
});

describe('statusWords', () => {
  it('says that it hosts while nothing else is live', () => {
    const hosted = sourceInfo({ kind: 'host', host: host([]) });
    expect(statusWords('open', session([hosted]), LIVE_VIEW, false)).toEqual({
      tone: 'live',
      words: 'Hosting',
    });
    expect(statusWords('open', session([hosted, sourceInfo({})]), LIVE_VIEW, false).words).toBe('Live');
  });

  it('says first that the engine has gone', () => {
    expect(statusWords('lost', session([sourceInfo({})]), LIVE_VIEW, true)).toEqual({
      tone: 'trouble',
      words: 'Reconnecting',
    });
  });

  it('says that the picture is held, whatever the sources do', () => {
    expect(statusWords('open', session([sourceInfo({})]), LIVE_VIEW, true).words).toBe('Held');
  });

  it('speaks of how the past is played while that is shown', () => {
    const words = (view: Partial<View>, growing = false): string =>
      statusWords('open', session([], growing), { ...PAST, ...view }, false).words;
    expect(words({ playing: true, speed: 4 })).toBe('Replay 4x');
    expect(words({ playing: true, speed: 0.1 })).toBe('Replay 1/10x');
    expect(words({ playing: true, speed: 0 })).toBe('Replay max');
    expect(words({})).toBe('Replay paused');
    expect(words({ ended: true })).toBe('Replay ended');
    expect(words({}, true)).toBe('Past');
  });

  it('names what the sources are at, the most telling first', () => {
    const reading = sourceInfo({ status: 'reading', bytesRead: 50, totalBytes: 200 });
    expect(statusWords('open', session([sourceInfo({}), reading]), LIVE_VIEW, false).words).toBe(
      'Reading 25 %',
    );
    expect(statusWords('open', session([sourceInfo({})]), LIVE_VIEW, false).words).toBe('Live');
    expect(statusWords('open', session([sourceInfo({ status: 'waiting' })]), LIVE_VIEW, false).words).toBe(
      'Waiting',
    );
    expect(statusWords('open', session([sourceInfo({ status: 'failed' })]), LIVE_VIEW, false).tone).toBe(
      'trouble',
    );
    expect(statusWords('open', session([sourceInfo({ status: 'ended' })]), LIVE_VIEW, false).words).toBe(
      'Ended',
    );
    expect(statusWords('open', session([]), LIVE_VIEW, false).words).toBe('Nothing open');
  });
});
