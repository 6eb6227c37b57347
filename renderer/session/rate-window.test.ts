import { describe, expect, it } from 'vitest';
import { EventBatch } from '#shared/events/event-batch.ts';
import { Op, RowKind } from '#shared/events/vocabulary.ts';
import { RecentRequests } from '#shared/model/recent-requests.ts';
import { RateWindow, SessionRates, SPARK_SECONDS } from './rate-window.ts';

const T0 = 1_700_000_000_000_000;

describe('RateWindow', () => {
  it('gives the mean over two seconds of session time', () => {
    const rates = new RateWindow();
    for (let i = 0; i < 20; i += 1) rates.note(Op.Write, T0 + i * 50_000);
    expect(rates.ratePerSecond(Op.Write, T0 + 1_000_000)).toBe(10);
    expect(rates.ratePerSecond(Op.Read, T0 + 1_000_000)).toBe(0);
  });

  it('falls to zero when time goes on without requests', () => {
    const rates = new RateWindow();
    rates.note(Op.Read, T0);
    expect(rates.ratePerSecond(Op.Read, T0 + 10_000_000)).toBe(0);
  });

  it('keeps a minute, oldest second first', () => {
    const rates = new RateWindow();
    rates.note(Op.Read, T0);
    rates.note(Op.Read, T0 + 59_000_000);
    rates.note(Op.Read, T0 + 59_900_000);
    const seconds = rates.perSecond(Op.Read, T0 + 59_900_000);
    expect(seconds).toHaveLength(SPARK_SECONDS);
    expect(seconds[0]).toBe(1);
    expect(seconds.at(-1)).toBe(2);
  });

  it('forgets everything after a gap longer than it keeps', () => {
    const rates = new RateWindow();
    rates.note(Op.Read, T0);
    rates.note(Op.Read, T0 + 3_600_000_000);
    expect(rates.perSecond(Op.Read, T0 + 3_600_000_000).reduce((a, b) => a + b)).toBe(1);
  });
});

describe('SessionRates', () => {
  it('counts requests, not replies, and begins again from the latest requests', () => {
    const batch = new EventBatch(3);
    batch.firstSequence = 1;
    batch.push({ kind: RowKind.Request, op: Op.Write, disk: 2, clockUs: T0 });
    batch.push({ kind: RowKind.Completion, op: Op.Write, disk: 2, clockUs: T0 + 10 });
    batch.push({ kind: RowKind.Request, op: Op.Write, disk: 2, clockUs: T0 + 20 });
    const rates = new SessionRates();
    rates.apply(batch);
    expect(rates.disk(2).ratePerSecond(Op.Write, T0)).toBe(1);

    const recent = new RecentRequests();
    recent.add(batch, 0);
    rates.restart(recent);
    expect(rates.disk(2).ratePerSecond(Op.Write, T0)).toBe(0.5);
  });
});
