import { describe, expect, it } from 'vitest';
import { patternWords } from './pattern-words.ts';

describe('a pattern of file names', () => {
  it('tells the first and the last file', () => {
    expect(patternWords('/tmp/log%d', { value: 5 })).toEqual({ hint: '/tmp/log1 to /tmp/log5' });
    expect(patternWords(' /tmp/log ', { value: 1 })).toEqual({ hint: '/tmp/log' });
  });

  it('is refused where several disks would share a file', () => {
    expect(patternWords('/tmp/log', { value: 5 })).toEqual({
      error: '"/tmp/log": has no %d, so all 5 disks would have the same file',
    });
    expect(patternWords('', { value: 5 })).toHaveProperty('error');
  });
});
