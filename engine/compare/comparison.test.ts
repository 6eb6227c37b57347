import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Op, RowKind } from '#shared/events/vocabulary.ts';
import { TestEngine } from '../testing/test-engine.ts';

const RECORDINGS = resolve(import.meta.dirname, '../../assets/recordings');
const SLOW = join(RECORDINGS, 'ext4-blog-64M-40ms');
const QUICK = join(RECORDINGS, 'ext4-blog-64M');

/** The counts that the recordings' README states of a log, by the letters it has for them. */
function statedCounts(log: string): readonly number[] {
  const row = readFileSync(join(RECORDINGS, 'README.md'), 'utf8')
    .split('\n')
    .find((line) => line.startsWith(`| ${log} `) || line.startsWith(`${log} `));
  return ['R', 'W', 'T', 'Z', 'F'].map((letter) =>
    Number(new RegExp(`\\b${letter}:(\\d+)`).exec(row ?? '')?.[1]),
  );
}

function counts(test: TestEngine, disk = -1): readonly number[] {
  return [Op.Read, Op.Write, Op.Trim, Op.Zero, Op.Flush].map((op) => test.requests(disk, op));
}

async function compared(
  test: TestEngine,
  recordings: [string, string],
  align: [string | null, string | null],
) {
  test.send({ command: 'compare', recordings, align });
  return test.until(() => {
    const session = test.session;
    const whole = session?.sources.length === 2 && session.sources.every(({ status }) => status === 'ended');
    return whole && session.history.comparison !== null && !session.history.growing ? session : null;
  });
}

describe('two recordings in step', () => {
  it('hold what each of them holds, and coincide at their step', async () => {
    await using test = new TestEngine();
    const { disks, history } = await compared(test, [QUICK, SLOW], ['mkfs', 'mkfs']);
    expect(disks.map(({ name }) => name)).toEqual(['A · ext4-blog-64M', 'B · ext4-blog-64M-40ms']);
    expect(counts(test, disks[0]?.id)).toEqual(statedCounts('ext4-blog-64M/log'));
    expect(counts(test, disks[1]?.id)).toEqual(statedCounts('ext4-blog-64M-40ms/log'));
    expect(statedCounts('ext4-blog-64M-40ms/log')).toEqual([350, 181, 13, 12, 35]);

    const mkfs = history.marks.filter(({ text }) => /mkfs/.test(text));
    expect(mkfs.map(({ kind, text }) => `${kind} ${text.slice(0, 7)}`).toSorted()).toEqual([
      'caption mkfs: e',
      'mark B: mkfs',
    ]);
    expect(new Set(mkfs.map(({ clockUs }) => clockUs))).toEqual(new Set([history.comparison?.alignedUs]));
    expect(history.comparison?.sides.map(({ badge, name }) => `${badge} ${name}`)).toEqual([
      'A ext4-blog-64M',
      'B ext4-blog-64M-40ms',
    ]);
  });

  it('come in the order of one clock, so that each moment shows both as they were then', async () => {
    await using test = new TestEngine();
    await compared(test, [SLOW, QUICK], [null, null]);
    const kept = test.engine.session.history;
    let beforeUs = 0;
    const turns: number[] = [];
    for await (const batch of kept?.rows(kept.firstSequence, kept.lastSequence) ?? []) {
      for (let i = 0; i < batch.count; i += 1) {
        const timeUs = batch.timeUs[i] ?? 0;
        // A log's own times run backwards by some µs now and then; between the two there is no other disorder.
        expect(timeUs).toBeGreaterThan(beforeUs - 1_000);
        beforeUs = Math.max(beforeUs, timeUs);
        const disk = batch.disk[i] ?? 0;
        if (batch.kind[i] === RowKind.Request && turns.at(-1) !== disk) turns.push(disk);
      }
    }
    expect(turns.length).toBeGreaterThan(50);
  });

  it('may be logs, packed or not, aligned at given times', async () => {
    await using test = new TestEngine();
    const log = readFileSync(join(QUICK, 'log'));
    writeFileSync(test.file('before.log'), log);
    writeFileSync(test.file('after.log.gz'), gzipSync(log));
    const { disks, history } = await compared(
      test,
      [test.file('before.log'), test.file('after.log.gz')],
      ['+1', '+3'],
    );
    expect(disks.map(({ name }) => name)).toEqual(['A · before.log', 'B · after.log.gz']);
    expect(counts(test, 1)).toEqual(counts(test, 0));
    // What comes 3 s after the beginning of the second stands beside what comes 1 s after that of the first.
    expect((history.comparison?.alignedUs ?? 0) - (history.firstUs ?? 0)).toBe(3e6);
    const [a, b] = disks.map(({ id }) => test.engine.session.state.disk(id).counters.firstUs);
    expect((a ?? 0) - (b ?? 0)).toBe(2e6);
  });

  it('may be captures, aligned at the marks in them', async () => {
    await using test = new TestEngine();
    test.send({ command: 'openSample', sample: 'ext4' });
    await test.until(() => test.session?.sources[0]?.status === 'ended');
    const path = test.file('ext4.nbdscope');
    const mkfsUs = test.session?.history.marks.find(({ text }) => text.startsWith('mkfs'))?.clockUs ?? 0;
    test.send({ command: 'addMark', kind: 'mark', text: 'half way', us: mkfsUs + 2e6 });
    await test.until(() => test.session?.history.marks.some(({ text }) => text === 'half way'));
    test.send({ command: 'saveCapture', path, span: null, replace: false });
    await test.until(() => test.session?.captures.saved === 1);

    const { disks, history } = await compared(test, [SLOW, path], ['mkfs', 'half way']);
    expect(disks.map(({ name }) => name)).toEqual(['A · ext4-blog-64M-40ms', 'B · ext4-blog-64M']);
    expect(counts(test, disks[0]?.id)).toEqual(statedCounts('ext4-blog-64M-40ms/log'));
    expect(counts(test, disks[1]?.id)).toEqual(statedCounts('ext4-blog-64M/log'));
    const at = (text: RegExp): number => history.marks.find((mark) => text.test(mark.text))?.clockUs ?? 0;
    expect(at(/^B: half way$/)).toBe(history.comparison?.alignedUs);
    expect(at(/^B: half way$/) - at(/^B: mkfs/)).toBe(2e6);
    test.send({ command: 'compare', recordings: [path, path], align: ['half way', 'no such'] });
    expect(await test.refusal()).toContain('its steps are launch, part-disk, mkfs');
  });

  it('clear the picture of their own disks alone', async () => {
    await using test = new TestEngine();
    test.send({ command: 'openSample', sample: 'ext4' });
    await test.until(() => test.session?.sources[0]?.status === 'ended');
    test.engine.session.clearPicture();
    const path = test.file('cleared.nbdscope');
    test.send({ command: 'saveCapture', path, span: null, replace: false });
    await test.until(() => test.session?.captures.saved === 1);
    // A clear in one of them comes after all of the other.
    await compared(test, [QUICK, path], [null, null]);
    const { state } = test.engine.session;
    const touched = test.session?.disks.map(({ id }) => state.disk(id).model.pages.size > 0);
    expect(touched).toEqual([true, false]);
  });

  it('are told apart no more once one is closed', async () => {
    await using test = new TestEngine();
    const { sources } = await compared(test, ['ext4', SLOW], [null, null]);
    test.send({ command: 'closeSource', source: sources[1]?.id ?? -1 });
    await test.until(() => test.session?.history.comparison === null);
    expect(test.session?.history.marks.every(({ kind }) => kind === 'caption')).toBe(true);
  });

  it('are refused in words, with what is open left as it is', async () => {
    await using test = new TestEngine();
    test.send({ command: 'openLogs', paths: [join(QUICK, 'log')], size: null, replace: true });
    await test.until(() => test.disk() !== null);
    const refused = async (recordings: [string, string], align: [string | null, string | null]) => {
      test.send({ command: 'compare', recordings, align });
      return test.refusal();
    };
    expect(await refused([QUICK, '/nowhere'], [null, null])).toContain('/nowhere: no such file; give a log');
    expect(await refused([QUICK, SLOW], ['mkfs', 'nothing'])).toContain(
      'its steps are launch, part-disk, mkfs',
    );
    mkdirSync(test.file('empty'));
    expect(await refused([test.file('empty'), SLOW], [null, null])).toContain('a folder without a log');
    writeFileSync(test.file('text'), 'no log at all\n');
    expect(await refused([QUICK, test.file('text')], [null, null])).toContain('no line in it has a time');
    expect(test.session?.sources.map(({ name }) => name)).toEqual(['log']);
  });
});
