import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FAULT_ERRORS, type FaultRule } from '#shared/contract/faults.ts';
import { OP_NAMES } from '#shared/events/vocabulary.ts';
import { FAULT_PRESETS } from '#shared/faults/presets.ts';
import type { Answer, Operation } from '../backend.ts';
import { MemoryAllowance } from '../memory-allowance.ts';
import { MemoryBackend } from '../memory-backend.ts';
import { Errno } from '../protocol.ts';
import { byteRange, faultRule } from '../testing/fault-rules.ts';
import { HandClock, settled } from '../testing/hand-clock.ts';
import { readBackend, request } from '../testing/requests.ts';
import { FaultFilter } from './fault-filter.ts';

const MIB = 1 << 20;

class Bench {
  readonly clock = new HandClock();
  readonly memory: MemoryBackend;
  readonly filter: FaultFilter;
  readonly hungUp: number[] = [];

  constructor(random: () => number = () => 0.5, sizeBytes = 1n << 26n) {
    this.memory = new MemoryBackend(sizeBytes, new MemoryAllowance(1 << 30));
    this.filter = new FaultFilter(this.memory, { random, clock: this.clock });
    this.filter.hangUp = (connection) => this.hungUp.push(connection);
  }

  ask(op: Operation, offset: number | bigint = 0, length = 512, connection = 1): Answer {
    const made = request(
      BigInt(offset),
      op === 'flush' ? 0 : length,
      0,
      Buffer.alloc(op === 'write' ? length : 0, 7),
    );
    Object.defineProperty(made, 'connection', { value: { number: connection, exportName: '' } });
    return this.filter[op](made);
  }

  states(): string[] {
    return this.filter.standings().map(({ state, hits, frozen }) => `${state} ${hits} ${frozen}`);
  }
}

/** Where a promise stands: its value once it has settled. */
function watch(answer: Answer): { value: number | null } {
  const seen: { value: number | null } = { value: typeof answer === 'number' ? answer : null };
  if (typeof answer !== 'number') void answer.then((value) => Object.assign(seen, { value }));
  return seen;
}

describe('the fault filter', () => {
  it('fails each operation that a rule names with each error, and no other, at once', () => {
    const bench = new Bench();
    for (const failing of OP_NAMES) {
      for (const error of FAULT_ERRORS) {
        bench.filter.setRules([faultRule({ ops: [failing], action: { do: 'fail', error } })]);
        for (const op of OP_NAMES) {
          expect(bench.ask(op), `${failing} ${error} ${op}`).toBe(op === failing ? Errno[error] : 0);
        }
      }
    }
  });

  it('holds for requests that touch its bytes, to the byte, over the whole 63 bits', () => {
    const bench = new Bench(undefined, (1n << 63n) - 1n);
    const at = fc.oneof(
      fc.bigInt({ min: 0n, max: (1n << 63n) - 200n }),
      fc.bigInt({ min: -300n, max: 300n }).map((near) => (1n << 32n) + near),
      fc.bigInt({ min: -300n, max: 300n }).map((near) => (5n << 32n) + near),
      fc.bigInt({ min: 0n, max: 600n }),
    );
    fc.assert(
      fc.property(
        at,
        fc.integer({ min: 1, max: 400 }),
        at,
        fc.integer({ min: 1, max: 400 }),
        (from, span, offset, length) => {
          const to = from + BigInt(span);
          bench.filter.setRules([faultRule({ range: byteRange(from, to) })]);
          const touches = offset < to && offset + BigInt(length) > from;
          expect(bench.ask('trim', offset, length) === Errno.EIO).toBe(touches);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('lets a flush pass a rule with a range, as it touches no bytes', () => {
    const bench = new Bench();
    bench.filter.setRules([faultRule({ range: byteRange(0, MIB) })]);
    expect([bench.ask('flush'), bench.ask('read')]).toEqual([0, Errno.EIO]);
  });

  it('hits the first so many, and then no more', () => {
    const bench = new Bench();
    bench.filter.setRules([faultRule({ times: 3, ops: ['read'] })]);
    const errnos = Array.from({ length: 5 }, (_, i) => [bench.ask('write'), bench.ask('read', i * 4096)]);
    expect(errnos.map(([, read]) => read)).toEqual([5, 5, 5, 0, 0]);
    expect(errnos.every(([write]) => write === 0)).toBe(true);
    expect(bench.states()).toEqual(['over 3 0']);
  });

  it('hits the share that is drawn', () => {
    const draws = [0, 0.249, 0.25, 0.9];
    const bench = new Bench(() => draws.shift() ?? 1);
    bench.filter.setRules([faultRule({ percent: 25 })]);
    expect([bench.ask('read'), bench.ask('read'), bench.ask('read'), bench.ask('read')]).toEqual([
      5, 5, 0, 0,
    ]);
    expect(bench.states()).toEqual(['inForce 2 0']);
  });

  it('begins after a while and ends after a while, to the ms', async () => {
    const bench = new Bench();
    bench.filter.setRules([faultRule({ afterMs: 100, forMs: 50 })]);
    const seen: string[] = [];
    const look = (): number => seen.push(`${bench.ask('read')} ${bench.states()[0]}`);
    look();
    await bench.clock.pass(99);
    look();
    await bench.clock.pass(1);
    look();
    await bench.clock.pass(49);
    look();
    await bench.clock.pass(1);
    look();
    expect(seen).toEqual(['0 waiting 0 0', '0 waiting 0 0', '5 inForce 1 0', '5 inForce 2 0', '0 over 2 0']);
    expect(bench.clock.timers).toBe(0);
  });

  it('adds the delays up that come before what ends the walk', async () => {
    const bench = new Bench();
    const delay = (ms: number, jitterMs = 0): FaultRule['action'] => ({ do: 'delay', ms, jitterMs });
    bench.filter.setRules([
      faultRule({ action: delay(10), ops: ['read', 'write'] }),
      faultRule({ action: delay(20, 8), ops: ['read'] }),
      faultRule({ action: { do: 'fail', error: 'EPERM' }, ops: ['read'] }),
      faultRule({ action: { do: 'fail', error: 'EIO' } }),
      faultRule({ action: delay(1000) }),
    ]);
    const read = watch(bench.ask('read'));
    const write = watch(bench.ask('write'));
    expect(bench.ask('trim')).toBe(Errno.EIO);
    await bench.clock.pass(9.9);
    expect([read.value, write.value]).toEqual([null, null]);
    await bench.clock.pass(0.1);
    expect([read.value, write.value]).toEqual([null, Errno.EIO]);
    await bench.clock.pass(23.9);
    expect(read.value).toBeNull();
    await bench.clock.pass(0.1);
    expect(read.value).toBe(Errno.EPERM);
    expect(bench.states()).toEqual([
      'inForce 2 0',
      'inForce 1 0',
      'inForce 1 0',
      'inForce 2 0',
      'inForce 0 0',
    ]);
  });

  it('carries out late what it delays, and forgets the delays of a client that has gone', async () => {
    const bench = new Bench();
    bench.filter.setRules([faultRule({ action: { do: 'delay', ms: 86_400_000, jitterMs: 0 } })]);
    const stays = watch(bench.ask('write', 0, 512, 1));
    const gone = watch(bench.ask('write', 4096, 512, 2));
    bench.filter.gone({ number: 2, exportName: '' });
    await settled();
    expect(gone.value).toBe(Errno.ESHUTDOWN);
    await bench.clock.pass(86_400_000);
    expect(stays.value).toBe(0);
    expect((await readBackend(bench.memory, 0n, 512))[0]).toBe(7);
    expect((await readBackend(bench.memory, 4096n, 512))[0]).toBe(0);
    expect(bench.clock.timers).toBe(0);
  });

  it.each<[string, (bench: Bench, rule: FaultRule) => void]>([
    ['removed', (bench) => bench.filter.setRules([])],
    ['turned off', (bench, rule) => bench.filter.setRules([{ ...rule, on: false }])],
    ['changed', (bench, rule) => bench.filter.setRules([{ ...rule, percent: 50, ops: ['trim'] }])],
  ])('answers nothing while frozen, and carries out in order once the rule is %s', async (_how, release) => {
    const bench = new Bench();
    const rule = faultRule({ action: { do: 'freeze' } });
    bench.filter.setRules([rule]);
    const answers = [bench.ask('write'), bench.ask('read'), bench.ask('flush')].map(watch);
    await bench.clock.pass(1e9);
    expect(answers.map(({ value }) => value)).toEqual([null, null, null]);
    expect(bench.states()).toEqual(['inForce 3 3']);
    expect((await readBackend(bench.memory, 0n, 1))[0]).toBe(0);
    release(bench, rule);
    await settled();
    expect(answers.map(({ value }) => value)).toEqual([0, 0, 0]);
    expect((await readBackend(bench.memory, 0n, 1))[0]).toBe(7);
    expect(bench.filter.standings().every(({ frozen }) => frozen === 0)).toBe(true);
  });

  it('thaws when its time is up, though its count was up long before', async () => {
    const bench = new Bench();
    bench.filter.setRules([faultRule({ action: { do: 'freeze' }, times: 1, forMs: 500 })]);
    const frozen = watch(bench.ask('read'));
    expect(bench.ask('read')).toBe(0);
    expect(bench.states()).toEqual(['over 1 1']);
    await bench.clock.pass(499);
    expect(frozen.value).toBeNull();
    await bench.clock.pass(1);
    expect(frozen.value).toBe(0);
    expect(bench.clock.timers).toBe(0);
  });

  it('lets go of what a client that is gone had frozen, without carrying it out', async () => {
    const bench = new Bench();
    bench.filter.setRules([faultRule({ action: { do: 'freeze' } })]);
    const gone = watch(bench.ask('write', 0, 512, 7));
    const stays = watch(bench.ask('write', 4096, 512, 8));
    bench.filter.gone({ number: 7, exportName: '' });
    await settled();
    expect([gone.value, stays.value]).toEqual([Errno.ESHUTDOWN, null]);
    expect(bench.states()).toEqual(['inForce 2 1']);
    bench.filter.end();
    await settled();
    expect(stays.value).toBe(Errno.ESHUTDOWN);
    expect((await readBackend(bench.memory, 0n, 8192)).every((byte) => byte === 0)).toBe(true);
  });

  it('freezes no request whose rule has gone while it was delayed', async () => {
    const bench = new Bench();
    const delay = faultRule({ action: { do: 'delay', ms: 10, jitterMs: 0 } });
    bench.filter.setRules([delay, faultRule({ action: { do: 'freeze' } })]);
    const read = watch(bench.ask('read'));
    bench.filter.setRules([delay]);
    await bench.clock.pass(10);
    expect(read.value).toBe(0);
  });

  it('hangs up on the client that asks, after what was asked in the same turn', async () => {
    const bench = new Bench();
    bench.filter.setRules([faultRule({ action: { do: 'disconnect' }, ops: ['trim'] })]);
    const trim = watch(bench.ask('trim', 0, 512, 5));
    expect(bench.ask('read', 0, 512, 5)).toBe(0);
    expect(bench.hungUp).toEqual([]);
    await settled();
    expect(bench.hungUp).toEqual([5]);
    expect(trim.value).toBe(Errno.ESHUTDOWN);
  });

  it('makes the disk read-only: what would change it is refused and not done, all else goes on', async () => {
    const bench = new Bench();
    const rule = faultRule({ action: { do: 'readonly' }, ops: [...OP_NAMES] });
    bench.filter.setRules([rule]);
    const answers = Object.fromEntries(OP_NAMES.map((op) => [op, bench.ask(op)]));
    expect(answers).toEqual({
      read: 0,
      write: Errno.EPERM,
      trim: Errno.EPERM,
      zero: Errno.EPERM,
      flush: 0,
      cache: 0,
      extents: 0,
    });
    expect(bench.states(), 'what it does not hold for is not counted').toEqual(['inForce 3 0']);
    expect((await readBackend(bench.memory, 0n, 512)).equals(Buffer.alloc(512))).toBe(true);
    bench.filter.setRules([{ ...rule, on: false }]);
    expect(bench.ask('write')).toBe(0);
  });

  it('makes the disk read-only as other rules act: where, when, how often and how likely they say', async () => {
    const draws = [0.9, 0.1];
    const bench = new Bench(() => draws.shift() ?? 0);
    const action = { do: 'readonly' as const };
    const ops = ['read' as const, 'write' as const];
    bench.filter.setRules([faultRule({ action, ops, range: byteRange(MIB, 2 * MIB) })]);
    expect([bench.ask('write', 0), bench.ask('write', MIB), bench.ask('trim', MIB)]).toEqual([0, 1, 0]);
    bench.filter.setRules([faultRule({ action, ops, times: 1 })]);
    expect([bench.ask('read'), bench.ask('write'), bench.ask('write')]).toEqual([0, 1, 0]);
    bench.filter.setRules([faultRule({ action, ops, percent: 50 })]);
    expect([bench.ask('read'), bench.ask('write'), bench.ask('write')]).toEqual([0, 0, 1]);
    bench.filter.setRules([faultRule({ action, ops, afterMs: 10, forMs: 10 })]);
    const seen = [bench.ask('write')];
    for (let step = 0; step < 2; step += 1) {
      await bench.clock.pass(10);
      seen.push(bench.ask('write'));
    }
    expect(seen).toEqual([0, 1, 0]);
  });

  it('fails everything at once while the Error switch is on, also what is released meanwhile', async () => {
    const bench = new Bench();
    bench.filter.setRules([
      faultRule({ ops: ['write'], action: { do: 'freeze' } }),
      faultRule({ ops: ['read'], action: { do: 'delay', ms: 10, jitterMs: 0 } }),
    ]);
    const [frozen, late] = [watch(bench.ask('write')), watch(bench.ask('read'))];
    bench.filter.error = true;
    for (const op of OP_NAMES) expect(bench.ask(op), op).toBe(Errno.EIO);
    await bench.clock.pass(10);
    expect([frozen.value, late.value]).toEqual([null, Errno.EIO]);
    bench.filter.setRules([]);
    await settled();
    expect(frozen.value).toBe(Errno.EIO);
    bench.filter.error = false;
    for (const op of OP_NAMES) expect(bench.ask(op), op).toBe(0);
  });

  it('keeps counts and times of rules that stay, wherever they stand and whatever they are called', async () => {
    const bench = new Bench();
    const stays = faultRule({ ops: ['read'], times: 5, afterMs: 100 });
    bench.filter.setRules([stays]);
    await bench.clock.pass(100);
    expect(bench.ask('read')).toBe(5);
    bench.filter.setRules([faultRule({ ops: ['trim'] }), { ...stays, name: 'another' }, stays]);
    expect(bench.states()).toEqual(['inForce 0 0', 'inForce 1 0', 'waiting 0 0']);
    bench.filter.setRules([{ ...stays, on: false }]);
    expect(bench.states()).toEqual(['off 1 0']);
    bench.filter.setRules([stays]);
    expect(bench.states()).toEqual(['waiting 0 0']);
    bench.filter.setRules([{ ...stays, times: 6 }]);
    expect(bench.states()).toEqual(['waiting 0 0']);
  });

  it('has a dying disk slow down, fail now and then, and fall silent', async () => {
    let seed = 1;
    const bench = new Bench(() => {
      seed = (seed * 16_807) % 2_147_483_647;
      return seed / 2_147_483_647;
    });
    const dying = FAULT_PRESETS.find(({ id }) => id === 'dying-disk')?.rules(1n << 26n) ?? [];
    bench.filter.setRules(dying);
    /** Mean ms and failures of a hundred reads, one after another in time but not waiting for each other. */
    const look = async (): Promise<{ meanMs: number; failed: number; silent: number }> => {
      const fromMs = bench.clock.nowMs();
      const seen = Array.from({ length: 100 }, () => ({ ms: Number.NaN, errno: -1 }));
      for (const one of seen) {
        void Promise.resolve(bench.ask('read')).then((errno) => {
          Object.assign(one, { ms: bench.clock.nowMs() - fromMs, errno });
        });
      }
      for (let i = 0; i < 300; i += 1) await bench.clock.pass(5);
      const answered = seen.filter(({ errno }) => errno >= 0);
      return {
        meanMs: answered.reduce((sum, { ms }) => sum + ms, 0) / answered.length,
        failed: seen.filter(({ errno }) => errno === Errno.EIO).length,
        silent: seen.length - answered.length,
      };
    };
    const early = await look();
    await bench.clock.pass(10_000);
    const worse = await look();
    await bench.clock.pass(10_000);
    const bad = await look();
    await bench.clock.pass(20_000);
    const dead = await look();
    expect([early.failed, early.silent, worse.silent, bad.silent, dead.silent + dead.failed]).toEqual([
      0, 0, 0, 0, 100,
    ]);
    expect(early.meanMs).toBeLessThan(worse.meanMs);
    expect(worse.meanMs).toBeLessThan(bad.meanMs);
    expect(worse.failed).toBeLessThan(bad.failed);
    expect(bad.failed).toBeGreaterThan(5);
    bench.filter.end();
  });

  it('waits longer than a timer can, without answering early', async () => {
    const bench = new Bench();
    const day = faultRule({ action: { do: 'delay', ms: 86_400_000, jitterMs: 0 } });
    bench.filter.setRules(Array.from({ length: 64 }, () => day));
    const read = watch(bench.ask('read'));
    await bench.clock.pass(63 * 86_400_000);
    expect(read.value).toBeNull();
    await bench.clock.pass(86_400_000);
    expect(read.value).toBe(0);
  });

  it('answers at once, without a promise, what no rule holds for', () => {
    const bench = new Bench();
    bench.filter.setRules([faultRule({ range: byteRange(MIB, 2 * MIB), action: { do: 'freeze' } })]);
    for (const op of OP_NAMES) expect(bench.ask(op, 0), op).toBe(0);
  });
});
