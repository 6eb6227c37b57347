import { expect, it } from 'vitest';
import { TestEngine } from '../testing/test-engine.ts';
import { whileSaid } from './while-said.ts';

it('says what takes long while it does, and nothing of what does not or is over', async () => {
  await using test = new TestEngine();
  const { session } = test.engine;
  const texts = (): string[] => session.notices.map(({ text }) => text);
  expect(await whileSaid(session, 'that is soon over', Promise.resolve(1))).toBe(1);
  const long = Promise.withResolvers<number>();
  const waiting = whileSaid(session, 'a.nbdscope is being opened', long.promise);
  expect(texts()).toEqual([]);
  await test.until(() => test.session?.notices.some(({ text }) => text === 'a.nbdscope is being opened'));
  long.reject(new Error('it is no capture'));
  await expect(waiting).rejects.toThrow('it is no capture');
  expect(texts()).toEqual([]);
});
