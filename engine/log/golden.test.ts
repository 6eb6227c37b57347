import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { GOLDEN, goldenPath, goldenText, RECORDINGS } from './golden/make-golden.ts';

describe('golden files', () => {
  it.each(Object.entries(GOLDEN))('%s: the rows are those that were reviewed', (name, log) => {
    const text = goldenText(readFileSync(join(RECORDINGS, log)));
    expect(text.split('\n')).toEqual(readFileSync(goldenPath(name), 'utf8').split('\n'));
  });
});
