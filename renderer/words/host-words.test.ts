import { describe, expect, it } from 'vitest';
import { WORKLOADS } from '#shared/contract/commands.ts';
import {
  delayInForce,
  errorNameInForce,
  errorPercentInForce,
  isExposed,
  isMemoryFull,
  isUnsaved,
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
  const overlay = { usedBytes: 0, changed: false, unsavedBelow: false, whyNoCommit: null, committed: null };
  const memory = { changed: true, volatile: true, overlay: null };

  it('would be lost from memory, and from an overlay that holds something', () => {
    expect(isUnsaved(memory)).toBe(true);
    expect(isUnsaved({ ...memory, changed: false })).toBe(false);
    expect(isUnsaved({ ...memory, volatile: false })).toBe(false);
    expect(isUnsaved({ ...memory, overlay })).toBe(false);
    expect(isUnsaved({ ...memory, overlay: { ...overlay, changed: true } })).toBe(true);
    expect(isUnsaved({ ...memory, overlay: { ...overlay, unsavedBelow: true } })).toBe(true);
  });

  it('is told with what would become of it', () => {
    expect(writtenWords({ ...memory, changed: false })).toBeNull();
    expect(writtenWords({ ...memory, volatile: false })).toBe('Written to');
    expect(writtenWords(memory)).toContain('not saved');
    expect(writtenWords({ ...memory, overlay: { ...overlay, changed: true } })).toContain('not committed');
    expect(writtenWords({ ...memory, overlay: { ...overlay, unsavedBelow: true } })).toContain('not saved');
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
