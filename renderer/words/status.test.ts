import { describe, expect, it } from 'vitest';
import type { HostInfo, ReplayInfo, SessionInfo, SourceInfo } from '#shared/contract/messages.ts';
import { NO_HISTORY } from '#shared/contract/time.ts';
import { sourceBadge, statusWords, usageWords } from './status.ts';
import { clientInfo, hostInfo, sourceInfo } from './testing/infos.ts';

const REPLAY: ReplayInfo = {
  playing: true,
  speed: 4,
  firstUs: 0,
  lastUs: 1,
  positionUs: 0,
  ended: false,
  captions: [],
};

function session(sources: SourceInfo[], replay: ReplayInfo | null = null): SessionInfo {
  return {
    disks: [],
    arrays: [],
    sources,
    notices: [],
    replay,
    recentLogs: [],
    modelBytes: 0,
    history: NO_HISTORY,
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
    expect(statusWords('open', session([hosted]), false)).toEqual({ tone: 'live', words: 'Hosting' });
    expect(statusWords('open', session([hosted, sourceInfo({})]), false).words).toBe('Live');
  });

  it('says first that the engine has gone', () => {
    expect(statusWords('lost', session([sourceInfo({})]), true)).toEqual({
      tone: 'trouble',
      words: 'Reconnecting',
    });
  });

  it('says that the picture is held, whatever the sources do', () => {
    expect(statusWords('open', session([sourceInfo({})]), true).words).toBe('Held');
  });

  it('speaks of the replay where there is one', () => {
    expect(statusWords('open', session([], REPLAY), false).words).toBe('Replay 4x');
    expect(statusWords('open', session([], { ...REPLAY, playing: false }), false).words).toBe(
      'Replay paused',
    );
    expect(statusWords('open', session([], { ...REPLAY, ended: true }), false).words).toBe('Replay ended');
  });

  it('names what the sources are at, the most telling first', () => {
    const reading = sourceInfo({ status: 'reading', bytesRead: 50, totalBytes: 200 });
    expect(statusWords('open', session([sourceInfo({}), reading]), false).words).toBe('Reading 25 %');
    expect(statusWords('open', session([sourceInfo({})]), false).words).toBe('Live');
    expect(statusWords('open', session([sourceInfo({ status: 'waiting' })]), false).words).toBe('Waiting');
    expect(statusWords('open', session([sourceInfo({ status: 'failed' })]), false).tone).toBe('trouble');
    expect(statusWords('open', session([sourceInfo({ status: 'ended' })]), false).words).toBe('Ended');
    expect(statusWords('open', session([]), false).words).toBe('Nothing open');
  });
});
