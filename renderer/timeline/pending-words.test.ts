import { expect, it } from 'vitest';
import { pendingWords } from './pending-words.ts';

it.each([
  [0, 'requests are being counted: 0 % of the capture is indexed'],
  [0.999, 'requests are being counted: 99 % of the capture is indexed'],
  [1, 'requests are being counted'],
])('with %d counted, an empty timeline says that %s', (share, words) => {
  expect(pendingWords(share)).toBe(words);
});
