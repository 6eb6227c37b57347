import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Session } from '#engine/session/session.ts';
import { Op } from '#shared/events/vocabulary.ts';
import { CsvSource } from './csv-source.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nbdscope-csv-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function newSession(): Session {
  const ignore = (): void => {};
  return new Session({
    rows: ignore,
    reset: ignore,
    infoChanged: ignore,
    diskCame: ignore,
    diskGone: ignore,
    sourceGone: ignore,
  });
}

it('is a source like any other: what its lines say is counted on its disk', async () => {
  const path = join(folder, 'requests.csv');
  const writes = Array.from({ length: 3000 }, (_, i) => `${1e15 + i * 100},W,${i * 4096},4096,50`);
  writeFileSync(path, [...writes, '1000000001000000,R,0,8192,70', 'nonsense', '1,X,0,0,0'].join('\n'));
  const session = newSession();
  session.add(new CsvSource(path));
  await expect.poll(() => session.sourceInfos()[0]?.status).toBe('ended');
  expect(session.sourceInfos()[0]).toMatchObject({ lines: 3003, notUnderstood: 2 });
  expect(session.notices.map(({ text }) => text).join()).toContain('2 lines not understood');
  const counters = session.state.disks[0]?.counters;
  expect([counters?.requests[Op.Write], counters?.requests[Op.Read]]).toEqual([3000, 1]);
  await session.dispose();
});

it('says what went wrong instead of throwing', async () => {
  const session = newSession();
  session.add(new CsvSource(join(folder, 'is-not-there.csv')));
  await expect.poll(() => session.sourceInfos()[0]?.status).toBe('failed');
  expect(session.sourceInfos()[0]?.statusText).toContain('ENOENT');
  await session.dispose();
});
