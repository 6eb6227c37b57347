import { describe, expect, it } from 'vitest';
import type { HostInfo, ReplayInfo, SessionInfo, SourceInfo } from '#shared/contract/messages.ts';
import { sourceBadge, statusWords, usageWords } from './status.ts';

function source(overrides: Partial<SourceInfo>): SourceInfo {
  return {
    id: 0,
    kind: 'log',
    name: 'log',
    path: '/tmp/log',
    status: 'live',
    statusText: '',
    bytesRead: 0,
    totalBytes: null,
    lines: 0,
    notUnderstood: 0,
    timesBackwards: 0,
    runs: [],
    run: null,
    host: null,
    ...overrides,
  };
}

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
    modelLimitBytes: 1,
  };
}

function host(builtIn: readonly boolean[]): HostInfo {
  return {
    uri: 'nbd+unix:///?socket=/tmp/sock',
    socketPath: '/tmp/sock',
    tcp: null,
    exportName: '',
    sizeBytes: '67108864',
    readOnly: false,
    parameters: [],
    memoryBytes: 0,
    memoryLimitBytes: 1,
    connections: builtIn.map((own, number) => ({
      number,
      peer: 'unix',
      state: 'transmission',
      features: [],
      requestsInFlight: 0,
      transactions: 0,
      connectedMs: 0,
      builtIn: own,
    })),
    workload: null,
  };
}

describe('sourceBadge', () => {
  it("counts a hosted disk's clients, but for the window's own", () => {
    expect(sourceBadge(source({ host: host([]) }))).toBe('hosting · no clients');
    expect(sourceBadge(source({ host: host([true, false]) }))).toBe('hosting · 1 client');
    expect(sourceBadge(source({ host: host([false, false]) }))).toBe('hosting · 2 clients');
    expect(sourceBadge(source({}))).toBe('live');
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
    const hosted = source({ kind: 'host', host: host([]) });
    expect(statusWords('open', session([hosted]), false)).toEqual({ tone: 'live', words: 'Hosting' });
    expect(statusWords('open', session([hosted, source({})]), false).words).toBe('Live');
  });

  it('says first that the engine has gone', () => {
    expect(statusWords('lost', session([source({})]), true)).toEqual({
      tone: 'trouble',
      words: 'Reconnecting',
    });
  });

  it('says that the picture is held, whatever the sources do', () => {
    expect(statusWords('open', session([source({})]), true).words).toBe('Held');
  });

  it('speaks of the replay where there is one', () => {
    expect(statusWords('open', session([], REPLAY), false).words).toBe('Replay 4x');
    expect(statusWords('open', session([], { ...REPLAY, playing: false }), false).words).toBe(
      'Replay paused',
    );
    expect(statusWords('open', session([], { ...REPLAY, ended: true }), false).words).toBe('Replay ended');
  });

  it('names what the sources are at, the most telling first', () => {
    const reading = source({ status: 'reading', bytesRead: 50, totalBytes: 200 });
    expect(statusWords('open', session([source({}), reading]), false).words).toBe('Reading 25 %');
    expect(statusWords('open', session([source({})]), false).words).toBe('Live');
    expect(statusWords('open', session([source({ status: 'waiting' })]), false).words).toBe('Waiting');
    expect(statusWords('open', session([source({ status: 'failed' })]), false).tone).toBe('trouble');
    expect(statusWords('open', session([source({ status: 'ended' })]), false).words).toBe('Ended');
    expect(statusWords('open', session([]), false).words).toBe('Nothing open');
  });
});
