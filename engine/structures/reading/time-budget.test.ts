import { expect, it } from 'vitest';
import { TimeBudget } from './time-budget.ts';

function budgetOf(isIdle: () => boolean) {
  let nowMs = 1000;
  const budget = new TimeBudget({ share: 0.05, mostMs: 30, isIdle, nowMs: () => nowMs });
  const pass = (ms: number): void => {
    nowMs += ms;
  };
  return { budget, pass };
}

it('lets no more than its share of all time be spent, but for what was saved up', () => {
  const { budget, pass } = budgetOf(() => false);
  let spentMs = 0;
  let allMs = 0;
  for (let i = 0; i < 200; i += 1) {
    const waitMs = budget.waitMs();
    pass(waitMs);
    budget.begin();
    pass(5);
    budget.end();
    spentMs += 5;
    allMs += waitMs + 5;
  }
  expect(spentMs).toBeLessThanOrEqual(0.05 * allMs + 30 + 5);
  expect(spentMs).toBeGreaterThan(0.04 * allMs);
});

it('saves up no more than it may, however long the pause', () => {
  const { budget, pass } = budgetOf(() => false);
  pass(1e9);
  expect(budget.waitMs()).toBe(0);
  budget.begin();
  pass(40);
  budget.end();
  expect(budget.waitMs()).toBeCloseTo(10 / 0.05 - 40, 6);
});

it('counts nothing while nobody else wants the time', () => {
  let isIdle = true;
  const { budget, pass } = budgetOf(() => isIdle);
  budget.begin();
  pass(10_000);
  budget.end();
  expect(budget.waitMs()).toBe(0);
  isIdle = false;
  budget.begin();
  pass(10);
  budget.end();
  expect(budget.waitMs()).toBeGreaterThan(100);
});

it('stops the work that is called off', async () => {
  const { budget } = budgetOf(() => false);
  await expect(budget.breathe(AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
});
