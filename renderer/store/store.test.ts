import { describe, expect, it } from 'vitest';
import { NO_CAPTURES } from '#shared/contract/captures.ts';
import { NO_FAULTS } from '#shared/contract/faults.ts';
import { NO_HISTORY } from '#shared/contract/time.ts';
import { EventBatch } from '#shared/events/event-batch.ts';
import { Op, RowKind } from '#shared/events/vocabulary.ts';
import { SessionState } from '#shared/model/session-state.ts';
import { SessionRates } from '../session/rate-window.ts';
import { readoutSentence } from '../words/block-words.ts';
import { summarize } from '../words/summary.ts';
import { viewCounters } from './counters.ts';
import { listConnections, listRequests, requestsAsText } from './latest-requests.ts';
import { DEFAULT_PREFERENCES, loadPreferences, storePreferences } from './preferences.ts';
import { readOut } from './readout.ts';

const T0 = Date.UTC(2026, 4, 1, 22, 20, 27) * 1000;

/** A write of block 4096 on connection 1 that took 1.2 ms, a failed read on 2, and a trim in flight on 1. */
function story(): { readonly state: SessionState; readonly rates: SessionRates } {
  const batch = new EventBatch(8);
  batch.firstSequence = 1;
  const write = { op: Op.Write, connection: 1, slot: 0, cookie: 7, offsetBytes: 16 << 20, lengthBytes: 4096 };
  const read = { op: Op.Read, connection: 2, slot: 1, cookie: 8, offsetBytes: 0, lengthBytes: 512 };
  const trim = { op: Op.Trim, connection: 1, slot: 2, cookie: 9, offsetBytes: 16 << 20, lengthBytes: 8192 };
  batch.push({ ...write, kind: RowKind.Request, clockUs: T0 });
  batch.push({ ...write, kind: RowKind.Completion, clockUs: T0 + 1200, latencyUs: 1200 });
  batch.push({ ...read, kind: RowKind.Request, clockUs: T0 + 2000 });
  batch.push({ ...read, kind: RowKind.Completion, clockUs: T0 + 3000, latencyUs: 1000, errno: 5 });
  batch.push({ ...trim, kind: RowKind.Request, clockUs: T0 + 4000 });
  const state = new SessionState();
  const rates = new SessionRates();
  state.apply(batch);
  rates.apply(batch);
  return { state, rates };
}

describe('viewCounters', () => {
  it('counts truly and gives sparklines to the disk in hand alone', () => {
    const { state, rates } = story();
    const view = viewCounters(state, rates, T0 + 4000, 0);
    const disk = view.disks.get(0);
    expect(view.sequence).toBe(5);
    expect(disk?.requests).toEqual([1, 1, 1, 0, 0, 0, 0]);
    expect(disk?.errors[Op.Read]).toBe(1);
    expect(disk?.inFlight).toBe(1);
    expect(disk?.ratePerSecond[Op.Write]).toBe(0.5);
    expect(disk?.p99Us[Op.Write]).toBe(1200);
    expect(disk?.sparks[Op.Write]?.at(-1)).toBe(1);
    expect(viewCounters(state, rates, T0, 5).disks.get(0)?.sparks).toEqual([]);
  });
});

describe('readOut', () => {
  it('tells a block, its last request and what is in flight on it', () => {
    const { state } = story();
    const readout = readOut(
      state,
      { disk: 0, block: 4096, sector: 0, by: 'keys', kept: false },
      T0 + 2_001_200,
    );
    expect(readout).toMatchObject({
      offsetBytes: 16n << 20n,
      firstSector: 32_768n,
      lastOp: Op.Write,
      latencyUs: 1200,
      writes: 1,
      reads: 0,
      inFlight: 1,
    });
    expect(readout === null ? '' : readoutSentence(readout)).toBe(
      'Block 4,096 at 16 MiB, written; last write, 2 s ago, took 1.2 ms.',
    );
  });

  it('says how a request failed', () => {
    const { state } = story();
    const readout = readOut(state, { disk: 0, block: 0, sector: 0, by: 'keys', kept: false }, T0 + 3000);
    expect(readout === null ? '' : readoutSentence(readout)).toContain(
      'untouched, last request failed; last read, now, took 1.0 ms, failed with EIO.',
    );
  });

  it('knows nothing of a block that was never touched, nor of a disk that is not there', () => {
    const { state } = story();
    const readout = readOut(state, { disk: 0, block: 9, sector: 0, by: 'keys', kept: false }, T0);
    expect(readout?.lastOp).toBeNull();
    expect(readOut(state, { disk: 3, block: 0, sector: 0, by: 'keys', kept: false }, T0)).toBeNull();
  });
});

describe('the latest requests', () => {
  it('are listed latest first and filtered by connection and operation', () => {
    const { recent } = story().state;
    const ops = (filter: Parameters<typeof listRequests>[1]): number[] =>
      [...listRequests(recent, filter)].map((at) => recent.op[at] ?? -1);
    expect(ops({ disk: null, connection: null, op: null })).toEqual([Op.Trim, Op.Read, Op.Write]);
    expect(ops({ disk: 0, connection: 1, op: null })).toEqual([Op.Trim, Op.Write]);
    expect(ops({ disk: 0, connection: 1, op: Op.Write })).toEqual([Op.Write]);
    expect(ops({ disk: 1, connection: null, op: null })).toEqual([]);
    expect(listConnections(recent, 0)).toEqual([1, 2]);
  });

  it('are copied as tab-separated text, one line each under headings', () => {
    const { recent } = story().state;
    const all = listRequests(recent, { disk: null, connection: null, op: null });
    const lines = requestsAsText(recent, all, () => 'a\tname').split('\n');
    expect(lines[0]).toBe('time\tdisk\tconnection\tid\toperation\toffset\tlength\tlatency_us\toutcome');
    expect(lines[1]).toBe('22:20:27.004000\ta name\t1\t9\ttrim\t16777216\t8192\t\t…');
    expect(lines[2]).toBe('22:20:27.002000\ta name\t2\t8\tread\t0\t512\t1000\tEIO');
    expect(lines[3]).toBe('22:20:27.000000\ta name\t1\t7\twrite\t16777216\t4096\t1200\tok');
    expect(lines).toHaveLength(5);
  });
});

describe('summarize', () => {
  const disk = {
    id: 0,
    name: 'sda',
    exportName: '',
    source: 0,
    sizeBytes: '67108864',
    guessedSizeBytes: null,
    faults: NO_FAULTS,
  };
  const info = {
    disks: [disk],
    arrays: [],
    sources: [],
    notices: [],
    recentLogs: [],
    modelBytes: 0,
    history: NO_HISTORY,
    captures: NO_CAPTURES,
    structures: [],
    modelLimitBytes: 1,
  };

  it('says the picture in a sentence', () => {
    const { state, rates } = story();
    const words = summarize(info, viewCounters(state, rates, T0, 0), state.recent, 0);
    expect(words).toBe(
      '64 MiB disk sda: 1 read, 1 write, 1 trim, 1 in flight, 1 error; last trim at 16 MiB.',
    );
  });

  it('says when there is nothing yet', () => {
    const empty = new SessionState();
    const counters = viewCounters(empty, new SessionRates(), T0, 0);
    expect(summarize(info, counters, empty.recent, 0)).toBe('64 MiB disk sda: no requests yet.');
    expect(summarize({ ...info, disks: [] }, counters, empty.recent, null)).toBe('Nothing is open.');
  });
});

describe('preferences', () => {
  it('come back as they were stored', () => {
    const kept = new Map<string, string>();
    const storage = {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
    };
    const chosen = {
      theme: 'projector',
      layout: 'hilbert',
      sideOpen: false,
      footerOpen: true,
      hintOpen: false,
      presenterTheme: 'dark',
      pointerRing: false,
      zone: 'local',
      timelineOf: 'lanes',
      structuresOn: false,
      treeOpen: true,
    } as const;
    storePreferences(storage, chosen);
    expect(loadPreferences(storage)).toEqual(chosen);
  });

  it('fall back, each by itself, where what is stored makes no sense', () => {
    expect(loadPreferences({ getItem: () => '{"theme":"plaid","sideOpen":false}' })).toEqual({
      ...DEFAULT_PREFERENCES,
      sideOpen: false,
    });
    expect(loadPreferences({ getItem: () => 'not json' })).toEqual(DEFAULT_PREFERENCES);
    const refuses = {
      setItem: () => {
        throw new Error('refused');
      },
    };
    expect(() => storePreferences(refuses, DEFAULT_PREFERENCES)).not.toThrow();
  });
});
