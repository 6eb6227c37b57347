import { describe, expect, it } from 'vitest';
import { NO_HISTORY } from '#shared/contract/time.ts';
import { clockWords } from '../film/film-words.ts';
import { alignChoices, alignedWords, alignmentOf, compareCommand, openRecording } from './compare-form.ts';
import { hostInfo, sourceInfo } from './testing/infos.ts';

const FIRST_US = Date.UTC(2026, 4, 1, 22, 20, 0) * 1000;
const MARKS = [
  { id: 1, kind: 'caption', text: 'mkfs: tables are written', clockUs: FIRST_US + 5e6 },
  { id: 2, kind: 'caption', text: '', clockUs: FIRST_US + 6e6 },
  { id: 3, kind: 'mark', text: 'Here it hangs', clockUs: FIRST_US + 7.25e6 },
] as const;

function session(source: Parameters<typeof sourceInfo>[0]): Parameters<typeof openRecording>[0] {
  return {
    sources: [sourceInfo(source)],
    history: { ...NO_HISTORY, firstUs: FIRST_US, marks: [...MARKS] },
  };
}

const open = openRecording(session({ path: '/tmp/a.log' }));
const form = { a: ' /tmp/a.log ', b: '/tmp/b.log', alignA: '', alignB: '' };

describe('openRecording', () => {
  it('is named by its path, or as a sample, and not at all where it cannot be opened again', () => {
    expect(open?.name).toBe('/tmp/a.log');
    expect(openRecording(session({ kind: 'sample', name: 'ext4-blog-64M', path: null }))?.name).toBe('ext4');
    expect(openRecording(session({ kind: 'upload', path: null }))).toBeNull();
    expect(openRecording(session({ kind: 'host', host: hostInfo() }))).toBeNull();
    expect(openRecording(null)).toBeNull();
  });
});

describe('compareCommand', () => {
  it('aligns the first rows where nothing is said', () => {
    expect(compareCommand(form, open)).toEqual({
      command: 'compare',
      recordings: ['/tmp/a.log', '/tmp/b.log'],
      align: [null, null],
    });
  });

  it('takes for B what is said of A, and each for itself', () => {
    expect(compareCommand({ ...form, alignA: 'mkfs' }, open).align).toEqual(['mkfs', 'mkfs']);
    expect(compareCommand({ ...form, alignA: 'mkfs', alignB: '+3' }, open).align).toEqual(['mkfs', '+3']);
    expect(compareCommand({ ...form, alignB: '+3' }, open).align).toEqual([null, '+3']);
  });

  it('names a mark of what is open by its moment there, and by its words in the other', () => {
    const asked = compareCommand({ ...form, alignA: 'here it hangs' }, open);
    expect(asked.align).toEqual(['22:20:07.25', 'here it hangs']);
    expect(compareCommand({ ...form, b: form.a, alignA: 'here it hangs' }, open).align).toEqual([
      '22:20:07.25',
      '22:20:07.25',
    ]);
    expect(compareCommand({ ...form, alignA: 'here it hangs' }, null).align[0]).toBe('here it hangs');
  });
});

describe('alignChoices', () => {
  it('are the names of steps and marks of the recording that is open', () => {
    expect(alignChoices(' /tmp/a.log', open)).toEqual(['mkfs', 'Here it hangs']);
    expect(alignChoices('/tmp/b.log', open)).toEqual([]);
  });
});

describe('alignedWords', () => {
  const compared = (alignedUs: number) => ({
    ...NO_HISTORY,
    firstUs: FIRST_US,
    marks: [{ id: 0, kind: 'mark' as const, text: 'B: mkfs', clockUs: FIRST_US + 5e6 }, ...MARKS],
    comparison: { alignedUs, sides: [{ badge: 'B', name: 'b.log', source: 1 }] },
  });

  it.each([
    [0, 'start +0:00.0'],
    [12_340_000, 'start +0:12.3'],
    [-40_000, 'start +0:00.0'],
    [-62_060_000, 'start −1:02.1'],
    [3_599_960_000, 'start +60:00.0'],
    [Number.NaN, 'start'],
  ])('says %d µs from where two recordings coincide as %s', (us, words) => {
    expect(alignedWords(FIRST_US + us, compared(FIRST_US))).toBe(words);
  });

  it('is the clock of exported frames, which is else that of the day', () => {
    const alignment = alignmentOf(compared(FIRST_US + 5e6));
    const clock = { since: 'mkfs', time: '+0:02.0', zone: '' };
    expect(clockWords(FIRST_US + 7e6, 1, { zone: 'utc', alignment })).toEqual(clock);
    const plain = { since: '', time: '22:20:07.0', zone: 'UTC' };
    expect(clockWords(FIRST_US + 7e6, 1, { zone: 'utc', alignment: null })).toEqual(plain);
  });

  it('names the step or mark at which they do, and is silent where none are compared', () => {
    expect(alignedWords(FIRST_US + 7e6, compared(FIRST_US + 5e6))).toBe('mkfs +0:02.0');
    expect(alignedWords(FIRST_US + 7e6, compared(FIRST_US + 5_500_000))).toBe('aligned +0:01.5');
    expect(alignedWords(FIRST_US, { ...NO_HISTORY, firstUs: FIRST_US })).toBeNull();
  });
});
