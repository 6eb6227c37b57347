import { expect, it } from 'vitest';
import { DiskContent } from './disk-content.ts';
import { MemoryAllowance } from './memory-allowance.ts';
import { MemoryBackend } from './memory-backend.ts';

it('tells whoever reads a disk that it goes before reading fails, and lets reads end', async () => {
  const content = new DiskContent(new MemoryBackend(8192n, new MemoryAllowance(1 << 20)));
  expect(await content.readAt(4096n, 4096)).toHaveLength(4096);
  const order: string[] = [];
  content.ended.addEventListener('abort', () => order.push('told'));
  const ended = content.end();
  await content.readAt(0n, 512).catch(() => order.push('refused'));
  await ended;
  expect(order).toEqual(['told', 'refused']);
});
