import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Op } from '#shared/events/vocabulary.ts';
import { RECORDINGS, recordedLog, writeCapture } from './capture/testing/recorded.ts';
import { convert } from './convert/convert.ts';
import { TestEngine } from './testing/test-engine.ts';

const LOG = join(RECORDINGS, 'all-ops-10M/log');
const RAID = [1, 2, 3].map((n) => join(RECORDINGS, `raid5-logfirst-5x64M/log${n}`));

function openLogs(test: TestEngine, paths: readonly string[], replace = true): void {
  test.send({ command: 'openLogs', paths: [...paths], size: null, replace });
}

async function settled(test: TestEngine, sources: number): Promise<void> {
  await test.until(
    () =>
      test.session?.sources.length === sources &&
      test.session.sources.every(({ status }) => status === 'live' || status === 'ended'),
  );
}

describe('captures of a session', () => {
  it('are saved, opened and played, with the disks, arrays and marks they had', async () => {
    await using test = new TestEngine();
    openLogs(test, RAID);
    await settled(test, 3);
    const disks = test.session?.disks.map(({ id }) => id) ?? [];
    test.send({ command: 'renameDisk', disk: disks[1] ?? 0, name: 'the slow one' });
    const layout = {
      level: 5,
      chunkBytes: 65_536,
      parityLayout: 'left-symmetric',
      copyLayout: 'near',
    } as const;
    const array = { ...layout, name: 'md0', copies: 2, dataOffsetBytes: 0, members: disks, spares: [] };
    test.send({ command: 'setArrays', arrays: [array] });
    const us = test.session?.history.firstUs ?? 0;
    test.send({ command: 'addMark', kind: 'caption', text: 'it begins', us });
    await test.until(() => test.session?.history.marks.length === 1);
    const path = test.file('story.nbdscope');
    test.send({ command: 'saveCapture', path, span: null, replace: false });
    await test.until(() => test.session?.captures.saved === 1);
    const requests = test.session?.history.requests;
    const { lastSequence = 0 } = test.session?.history ?? {};

    openLogs(test, [path]);
    await test.until(() => test.source()?.kind === 'capture');
    const opened = await test.until(() => (test.session?.history.marks.length === 1 ? test.session : null));
    expect(opened.history).toMatchObject({ requests, lastSequence, growing: false });
    expect(opened.history.marks).toMatchObject([{ kind: 'caption', text: 'it begins', clockUs: us }]);
    expect(opened.disks.map(({ name }) => name)).toEqual(['log1', 'the slow one', 'log3']);
    expect(opened.disks.map(({ sizeBytes }) => sizeBytes)).toEqual(Array(3).fill(`${64 << 20}`));
    expect(opened.arrays).toEqual([array]);
    const state = await test.engine.past.history?.stateAt(lastSequence);
    expect(state?.disks[disks[0] ?? 0]?.counters.requests[Op.Write]).toBe(602);
    expect(test.refused).toEqual([]);
  });

  it('keep marks that are made on them for the next that is saved, and their files as they are', async () => {
    await using test = new TestEngine();
    const path = test.file('a.nbdscope');
    await convert({ inputs: [LOG], output: path, from: null, to: null, replace: false, producer: 'test' });
    const bytes = readFileSync(path);
    openLogs(test, [path]);
    await test.until(() => test.source()?.kind === 'capture');
    const us = test.session?.history.lastUs ?? 0;
    test.send({ command: 'addMark', kind: 'mark', text: 'here', us });
    const id = await test.until(() => test.session?.history.marks[0]?.id);
    test.send({ command: 'editMark', id, text: 'there' });
    await test.until(() => test.session?.history.marks[0]?.text === 'there');
    const other = test.file('b.nbdscope');
    test.send({ command: 'saveCapture', path: other, span: null, replace: false });
    await test.until(() => test.session?.captures.saved === 1);
    expect(readFileSync(path)).toEqual(bytes);
    openLogs(test, [other]);
    await test.until(() => test.source()?.path === other);
    await test.until(() => test.session?.history.marks[0]?.text === 'there');
  });

  it('are recorded while the session goes on', async () => {
    await using test = new TestEngine();
    const log = test.file('growing.log');
    const text = readFileSync(LOG, 'utf8').split('\n');
    writeFileSync(log, `${text.slice(0, 10).join('\n')}\n`);
    openLogs(test, [log]);
    await settled(test, 1);
    const path = test.file('live.nbdscope');
    test.send({ command: 'startCapture', path, fromBeginning: true, replace: false });
    await test.until(() => test.session?.captures.recording?.path === path);
    test.send({
      command: 'startCapture',
      path: test.file('2.nbdscope'),
      fromBeginning: true,
      replace: false,
    });
    expect(await test.refusal()).toContain('a recording goes on already');
    writeFileSync(log, text.slice(10).join('\n'), { flag: 'a' });
    await test.until(() => test.requests(0, Op.Cache) === 1);
    test.send({ command: 'stopCapture' });
    await test.until(() => test.session?.captures.recording === null);
    expect(test.session?.notices.map((notice) => notice.text)).toContain(`recorded to ${path}`);
    openLogs(test, [path]);
    await test.until(() => test.session?.history.requests === 13 && test.source()?.kind === 'capture');
    test.send({
      command: 'startCapture',
      path: test.file('3.nbdscope'),
      fromBeginning: true,
      replace: false,
    });
    expect(await test.refusal()).toContain('nothing is added to it');
  });

  it('are finished when the session is emptied, and when the engine ends', async () => {
    await using test = new TestEngine();
    openLogs(test, [LOG]);
    await settled(test, 1);
    const path = test.file('live.nbdscope');
    test.send({ command: 'startCapture', path, fromBeginning: true, replace: false });
    await test.until(() => test.session?.captures.recording);
    openLogs(test, RAID);
    await settled(test, 3);
    expect(test.session?.captures.recording).toBeNull();
    openLogs(test, [path]);
    await test.until(() => test.session?.history.requests === 13);
    expect(test.session?.notices).toEqual([]);
  });

  it('are told from logs by what is in them, and stand alone', async () => {
    await using test = new TestEngine();
    const path = test.file('disguised.log');
    await writeCapture(path, recordedLog('all-ops-10M/log'));
    openLogs(test, [LOG]);
    await settled(test, 1);
    openLogs(test, [LOG, path]);
    expect(await test.refusal()).toContain('opened by itself');
    expect(test.source()?.path).toBe(LOG);
    openLogs(test, [path]);
    await test.until(() => test.source()?.kind === 'capture');
    openLogs(test, [LOG], false);
    await test.until(() => test.source()?.path === LOG);
    expect(test.session?.sources).toHaveLength(1);
  });

  it('that are damaged are shown as far as they go, and say so; those that are none are refused', async () => {
    await using test = new TestEngine();
    const path = test.file('cut.nbdscope');
    await writeCapture(path, recordedLog('btrfs-256M/log'), 1, 500);
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.subarray(0, Math.floor(bytes.length / 2)));
    openLogs(test, [path]);
    const notice = await test.until(() => test.session?.notices[0]);
    expect(notice).toMatchObject({
      level: 'error',
      text: expect.stringMatching(/damaged or cut at byte \d+/),
    });
    expect(test.session?.history.lastSequence).toBeGreaterThan(500);
    const other = test.file('other.arrows');
    writeFileSync(other, bytes.subarray(0, 700));
    openLogs(test, [other]);
    expect(await test.refusal()).toContain('is no capture');
    expect(test.source()?.path).toBe(path);
  });

  it('are exported of a span, as the name says', async () => {
    await using test = new TestEngine();
    openLogs(test, [LOG]);
    await settled(test, 1);
    const { firstUs = 0, lastUs = 0 } = test.session?.history ?? {};
    const span = { fromUs: firstUs ?? 0, toUs: ((firstUs ?? 0) + (lastUs ?? 0)) / 2 };
    test.send({ command: 'saveCapture', path: test.file('x.csv'), span, replace: false });
    await test.until(() => test.session?.captures.saved === 1);
    const lines = readFileSync(test.file('x.csv'), 'utf8').trim().split('\n');
    expect(lines.length).toBeGreaterThan(2);
    expect(lines.length).toBeLessThan(14);
    test.send({ command: 'saveCapture', path: test.file('x.csv'), span: null, replace: false });
    expect(await test.refusal()).toContain('is there already');
    test.send({ command: 'saveCapture', path: test.file('x.doc'), span: null, replace: false });
    expect(await test.refusal()).toContain('use .nbdscope');
  });
});
