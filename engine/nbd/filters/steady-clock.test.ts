import { expect, it } from 'vitest';
import { pause } from '../testing/served.ts';
import { STEADY_CLOCK } from './steady-clock.ts';

it('waits at least as long as asked, however long, and not at all once called off', async () => {
  const gone: string[] = [];
  const fromMs = STEADY_CLOCK.nowMs();
  const callOff = [
    STEADY_CLOCK.after(2 ** 40, () => gone.push('centuries')),
    STEADY_CLOCK.after(20.5, () => gone.push(STEADY_CLOCK.nowMs() - fromMs >= 20 ? 'late enough' : 'early')),
  ];
  STEADY_CLOCK.after(10, () => gone.push('called off'))();
  await pause(60);
  expect(gone).toEqual(['late enough']);
  for (const off of callOff) off();
});
