import { describe, expect, it } from 'vitest';
import { FASTEST, type Mark } from '#shared/contract/time.ts';
import { markBeside, reachUs } from './mark-steps.ts';

const S = 1e6;
const mark = (kind: Mark['kind'], text: string, seconds: number): Mark => ({
  id: seconds,
  kind,
  text,
  clockUs: seconds * S,
});
const STORY = [
  mark('caption', 'a', 1),
  mark('mark', 'not told', 2),
  mark('caption', 'b', 3),
  mark('caption', '', 4),
  mark('caption', 'c', 5),
];

describe('markBeside', () => {
  it('goes by captions with words, where there are some', () => {
    expect(markBeside(STORY, 1 * S, 1, 0)?.text).toBe('b');
    expect(markBeside(STORY, 3 * S, 1, 0)?.text).toBe('c');
    expect(markBeside(STORY, 5 * S, -1, 0)?.text).toBe('b');
    expect(markBeside([mark('mark', 'x', 2)], 0, 1, 0)?.text).toBe('x');
  });

  it('ends with the last and the first', () => {
    expect(markBeside(STORY, 5 * S, 1, 0)).toBeNull();
    expect(markBeside(STORY, 1 * S, -1, 0)).toBeNull();
    expect(markBeside(STORY, Number.NaN, 1, 0)).toBeNull();
  });

  it('goes back to the caption that is shown from any moment behind it while time stands still', () => {
    expect(markBeside(STORY, 3.2 * S, -1, 0)?.text).toBe('b');
  });

  it('passes the caption that has only just begun while time goes on', () => {
    expect(markBeside(STORY, 3.2 * S, -1, reachUs(1))?.text).toBe('a');
    expect(markBeside(STORY, 3.7 * S, -1, reachUs(1))?.text).toBe('b');
  });

  it('has a reach that is as long for a person at any speed', () => {
    expect(markBeside(STORY, 8.5 * S, -1, reachUs(8))?.text).toBe('b');
    expect(markBeside(STORY, 3.2 * S, -1, reachUs(0.1))?.text).toBe('b');
    expect(reachUs(FASTEST)).toBe(reachUs(1));
  });
});
