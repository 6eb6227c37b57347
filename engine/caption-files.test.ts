import { appendFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { TestEngine } from './testing/test-engine.ts';

const HEAD = '2026-11-20 22:00:00.000000 Ready thread_model=3\n';
const CONNECT = '2026-11-20 22:00:05.000000 connection=1 Connect export="" tls=0 size=0x4000000\n';
const FIRST_US = Date.UTC(2026, 10, 20, 22, 0, 5) * 1000;

describe('files of captions named at the start', () => {
  it('count from the first row, whenever that comes', async () => {
    await using test = new TestEngine();
    writeFileSync(test.file('log'), HEAD);
    writeFileSync(test.file('words'), '+2.5 two and a half\n22:00:06 six\nMARK +3 a flag\n');
    test.engine.captionFiles.add(test.file('words'));
    test.send({ command: 'openLogs', paths: [test.file('log')], size: null, replace: true });
    await test.until(() => test.source()?.status === 'live');
    expect(test.session?.history.marks).toEqual([]);
    appendFileSync(test.file('log'), CONNECT);
    const marks = await test.until(() =>
      test.session?.history.marks.length === 3 ? test.session.history.marks : null,
    );
    expect(marks.map(({ kind, text, clockUs }) => [kind, text, (clockUs - FIRST_US) / 1e6])).toEqual([
      ['caption', 'six', 1],
      ['caption', 'two and a half', 2.5],
      ['mark', 'a flag', 3],
    ]);
  });

  it('are told of in the window where they will not do, by line', async () => {
    await using test = new TestEngine();
    writeFileSync(test.file('log'), HEAD + CONNECT);
    writeFileSync(test.file('words'), '+1 good\nsoon bad\n');
    test.engine.captionFiles.add(test.file('words'));
    test.engine.captionFiles.add(test.file('nowhere'));
    test.send({ command: 'openLogs', paths: [test.file('log')], size: null, replace: true });
    await test.until(() => test.session?.history.marks.length === 1 && test.session.notices.length === 2);
    const texts = test.session?.notices.map(({ text }) => text) ?? [];
    expect(texts).toContainEqual(expect.stringMatching(/^words: left out line 2: "soon" is no moment/));
    expect(texts).toContainEqual(expect.stringMatching(/^nowhere: ENOENT/));
  });
});
