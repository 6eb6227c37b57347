import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { TestEngine } from '../testing/test-engine.ts';

const LOG = join(resolve(import.meta.dirname, '../../assets/recordings'), 'ext4-blog-64M/log');

it('the past that a window showed and the history it came from are given back when the source is closed', async () => {
  await using test = new TestEngine();
  test.send({ command: 'openLogs', paths: [LOG], size: null, replace: true });
  await test.until(() => (test.session?.history.lastSequence ?? 0) > 500 && test.disk() !== null);
  const { past } = test.engine;
  const { history } = past;
  // A window is sent to another moment once it has shown what it was sent.
  test.send({ command: 'ack', sequence: history?.lastSequence ?? 0 });
  test.send({ command: 'seek', to: { sequence: 300 } });
  await test.until(() => past.memory.bytes > 0);
  expect(history?.info().requests).toBeGreaterThan(0);
  test.send({ command: 'closeSource', source: test.source()?.id ?? -1 });
  await test.until(() => test.session?.sources.length === 0);
  await test.until(() => past.memory.bytes === 0);
  expect(past.history).not.toBe(history);
  expect(history?.info()).toMatchObject({ bytes: 0, keyframeBytes: 0, spilledBytes: 0, lastSequence: 0 });
});
