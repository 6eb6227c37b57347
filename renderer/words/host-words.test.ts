import { describe, expect, it } from 'vitest';
import { WORKLOADS } from '#shared/contract/commands.ts';
import {
  canCommit,
  delayInForce,
  errorNameInForce,
  errorPercentInForce,
  isBusy,
  isExposed,
  isMemoryFull,
  lossWords,
  otherParameters,
  readPercent,
  readWhole,
  tlsWords,
  writtenWords,
} from './host-words.ts';
import { WORKLOAD_WORDS, workloadTitle } from './workloads.ts';

const parameter = (key: string, value: string, filter = 'delay') => ({ filter, key, value });

describe('what is in force', () => {
  it('reads delays in seconds and milliseconds, the last one counting', () => {
    const parameters = [parameter('rdelay', '2'), parameter('wdelay', '1s'), parameter('rdelay', '40ms')];
    expect(delayInForce(parameters, 'rdelay')).toBe(40);
    expect(delayInForce(parameters, 'wdelay')).toBe(1000);
    expect(delayInForce([parameter('rdelay', '1'), parameter('delay-read', '7ms')], 'rdelay')).toBe(7);
    expect(delayInForce([], 'wdelay')).toBe(0);
  });

  it('reads a rate of errors as per cent and as a probability', () => {
    expect(errorPercentInForce([parameter('error-rate', '10%', 'error')])).toBe(10);
    expect(errorPercentInForce([parameter('error-rate', '0.07', 'error')])).toBe(7);
    expect(errorPercentInForce([])).toBe(0);
    expect(errorNameInForce([parameter('error', 'ENOSPC', 'error')])).toBe('ENOSPC');
    expect(errorNameInForce([])).toBe('EIO');
  });

  it('lists what has no field of its own', () => {
    expect(otherParameters([parameter('rdelay', '1'), parameter('delay-open', '1s')])).toEqual([
      'delay-open=1s',
    ]);
  });
});

describe('what a person is warned of', () => {
  it('is an address that others can reach', () => {
    const at = (host: string) => isExposed({ tcp: { host, port: 1 } });
    expect(isExposed({ tcp: null })).toBe(false);
    expect(['localhost', '::1', '127.0.0.1', '127.8.9.10'].filter(at)).toEqual([]);
    expect(['0.0.0.0', '::', '10.0.0.1', '192.168.127.1', 'fe80::1'].every(at)).toBe(true);
  });

  it('is memory of which no further piece can be had', () => {
    expect(isMemoryFull(0, 1 << 20)).toBe(false);
    expect(isMemoryFull((1 << 20) - 65_536, 1 << 20)).toBe(false);
    expect(isMemoryFull((1 << 20) - 65_535, 1 << 20)).toBe(true);
  });
});

describe('what was written', () => {
  const overlay = { usedBytes: 0, changed: false, whyNoCommit: null, committed: null };
  const memory = { changed: true, volatile: true, unsaved: true, overlay: null, task: null, connections: [] };
  const apart = { ...memory, overlay: { ...overlay, changed: true } };

  it('is told with what would become of it', () => {
    expect(writtenWords({ ...memory, changed: false })).toBeNull();
    expect(writtenWords({ ...memory, unsaved: false })).toBe('Written to');
    expect(writtenWords(memory)).toContain('not saved');
    expect(writtenWords(apart)).toContain('not committed');
    expect(writtenWords({ ...memory, overlay }), 'committed to memory').toContain('not saved');
  });

  it('is told before the disk is stopped, with all that ends with it', () => {
    const client = {
      number: 1,
      peer: '',
      state: '',
      features: '',
      requestsInFlight: 0,
      transactions: 0,
      connectedMs: 0,
      builtIn: false,
    };
    expect(lossWords({ ...memory, unsaved: false })).toBe('');
    expect(lossWords(memory)).toBe(
      'What was written to it is in memory only and is lost, unless it is saved.',
    );
    expect(lossWords(apart)).toContain('unless it is committed or saved first');
    expect(
      lossWords({ ...memory, unsaved: false, connections: [client, { ...client, builtIn: true }] }),
    ).toBe('1 client uses it now and will get errors. What is on the disk is lost.');
    const task = { kind: 'save' as const, to: '/a/b.img', done: 0.5 };
    expect(lossWords({ ...memory, task })).toContain('The save to /a/b.img is broken off.');
    expect(lossWords({ ...apart, overlay: { ...apart.overlay, committed: 0.5 } })).toContain(
      'The commit that runs is broken off.',
    );
  });

  it('can be committed where the disk below can be written, and once at a time', () => {
    expect(canCommit(null)).toBe(false);
    expect(canCommit(overlay)).toBe(false);
    expect(canCommit(apart.overlay)).toBe(true);
    expect(canCommit({ ...apart.overlay, whyNoCommit: 'the disk below cannot be written' })).toBe(false);
    expect(canCommit({ ...apart.overlay, committed: 0 })).toBe(false);
    expect(isBusy({ task: null, overlay: { ...apart.overlay, committed: 0 } })).toBe(true);
    expect(isBusy({ task: null, overlay: apart.overlay })).toBe(false);
  });
});

describe('TLS', () => {
  it('is told by what must and what may be encrypted', () => {
    expect(tlsWords(null)).toBeNull();
    expect(tlsWords({ mode: 'require', kind: 'psk' })).toContain('nothing else is let in');
    expect(tlsWords({ mode: 'on', kind: 'certificates' })).toContain('clients may do without');
  });
});

describe('numbers that a person types', () => {
  it('are whole and within bounds, or said to be wrong', () => {
    expect(readWhole(' 40 ', 100, 'a delay')).toEqual({ value: 40 });
    expect(readWhole('', 100, 'a delay')).toEqual({ value: 0 });
    for (const wrong of ['-1', '101', '1.5', 'x', '1e1']) {
      expect(readWhole(wrong, 100, 'a delay'), wrong).toHaveProperty('error');
    }
  });

  it('as per cent may have decimals', () => {
    expect(readPercent('0.5')).toEqual({ value: 0.5 });
    expect(readPercent('10 %')).toEqual({ value: 10 });
    expect(readPercent('')).toEqual({ value: 0 });
    for (const wrong of ['101', '-1', 'x']) expect(readPercent(wrong), wrong).toHaveProperty('error');
  });
});

describe('workloads', () => {
  it('have words, every one of them and in their order', () => {
    expect(WORKLOAD_WORDS.map((one) => one.workload)).toEqual([...WORKLOADS]);
    expect(workloadTitle('trim')).toBe('Trim');
    expect(workloadTitle('of-tomorrow')).toBe('of-tomorrow');
  });
});
