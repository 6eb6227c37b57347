import { expect, it } from 'vitest';
import { withEnd } from './capture-deeds.ts';

it('gives a name the end that says what the file is, and leaves one that says so', () => {
  const ends = ['.parquet', '.csv'];
  expect(withEnd(' /tmp/a ', ends)).toBe('/tmp/a.parquet');
  expect(withEnd('/tmp/a.CSV', ends)).toBe('/tmp/a.CSV');
  expect(withEnd('/tmp/a.txt', ends)).toBe('/tmp/a.txt.parquet');
  expect(withEnd('  ', ends)).toBe('');
});
