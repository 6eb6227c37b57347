import { expect, it } from 'vitest';
import { lostWords } from './lost-words.ts';

it('says which disks are lost, in one line however many, and nothing where none is', () => {
  expect(lostWords([])).toBeNull();
  expect(lostWords(['memory'])).toMatch(
    /^memory was written to and not saved, and that is lost now; .*copy it/,
  );
  expect(lostWords(['a', 'b'])).toMatch(/^a, b were written to .*copy them/);
  expect(lostWords(['1', '2', '3', '4', '5'])).toMatch(/^1, 2, 3, 4, 5 were/);
  const many = lostWords(Array.from({ length: 64 }, (_, i) => `disk${i + 1}`));
  expect(many).toMatch(/^disk1, disk2, disk3, disk4 and 60 more disks were written to/);
  expect(many).not.toContain('\n');
});
