import { describe, expect, it } from 'vitest';
import type { ReplayInfo, SessionInfo, SourceInfo } from '#shared/contract/messages.ts';
import { statusWords } from './status.ts';

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
  return { disks: [], sources, notices: [], replay, recentLogs: [], modelBytes: 0, modelLimitBytes: 1 };
}

describe('statusWords', () => {
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
