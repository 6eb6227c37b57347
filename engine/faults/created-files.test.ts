import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ownMark } from '#engine/process-mark.ts';
import { CreatedFiles } from './created-files.ts';

let folder: string;
let state: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nbdscope-made-'));
  state = join(folder, 'state');
  path = join(folder, 'error');
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

const journals = (): string[] =>
  existsSync(join(state, 'made-files')) ? readdirSync(join(state, 'made-files')) : [];

/** A process that makes the file, says so, and waits; `end` is run when it is told to go on. */
async function maker(end: string): Promise<ReturnType<typeof spawn>> {
  const module = JSON.stringify(join(import.meta.dirname, 'created-files.ts'));
  const script = `
    const { CreatedFiles } = await import(${module});
    await new CreatedFiles(${JSON.stringify(state)}).create(${JSON.stringify(path)});
    console.log('made');
    process.stdin.on('data', () => { ${end} });
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  if (child.stdout !== null) await once(child.stdout, 'data');
  return child;
}

async function crash(): Promise<void> {
  const child = await maker('');
  const over = once(child, 'exit');
  child.kill('SIGKILL');
  await over;
  expect(existsSync(path)).toBe(true);
}

describe('CreatedFiles', () => {
  it('makes an empty file and removes it, and leaves no journal', async () => {
    const files = new CreatedFiles(state);
    expect(await files.create(path)).toBe(true);
    const found = lstatSync(path, { bigint: true });
    expect([found.size, files.isOurs(path, found)]).toEqual([0n, true]);
    expect(journals().length).toBe(1);
    await files.remove(path);
    expect([existsSync(path), journals()]).toEqual([false, []]);
  });

  it('makes nothing where anything stands, not even through a link to nothing', async () => {
    const files = new CreatedFiles(state);
    writeFileSync(path, 'theirs');
    await expect(files.create(path)).rejects.toThrow('EEXIST');
    const link = join(folder, 'link');
    symlinkSync(join(folder, 'nothing'), link);
    await expect(files.create(link)).rejects.toThrow('EEXIST');
    const directory = join(folder, 'directory');
    mkdirSync(directory);
    await expect(files.create(directory)).rejects.toThrow('EEXIST');
    await expect(files.create(join(folder, 'none', 'error'))).rejects.toThrow('ENOENT');
    expect([readFileSync(path, 'utf8'), existsSync(join(folder, 'nothing')), journals()]).toEqual([
      'theirs',
      false,
      [],
    ]);
  });

  it('never removes what somebody else has put in the place, or written to', async () => {
    const files = new CreatedFiles(state);
    await files.create(path);
    unlinkSync(path);
    writeFileSync(path, '');
    expect(files.isOurs(path, lstatSync(path, { bigint: true }))).toBe(false);
    await files.remove(path);
    expect(existsSync(path)).toBe(true);
    unlinkSync(path);
    await files.create(path);
    writeFileSync(path, 'words');
    await files.remove(path);
    expect(readFileSync(path, 'utf8')).toBe('words');
  });

  it('removes what it made when the process ends without being asked for it', async () => {
    const child = await maker('process.exit(3);');
    child.stdin?.write('end');
    expect((await once(child, 'exit'))[0]).toBe(3);
    expect([existsSync(path), journals()]).toEqual([false, []]);
  });

  it('removes after a crash, at the next start, what the crashed process made', async () => {
    await crash();
    expect(new CreatedFiles(state).removeLeftOvers()).toEqual([path]);
    expect([existsSync(path), journals()]).toEqual([false, []]);
    expect(new CreatedFiles(state).removeLeftOvers()).toEqual([]);
  });

  it('leaves what was made again by somebody else since the crash', async () => {
    await crash();
    unlinkSync(path);
    writeFileSync(path, '');
    expect(new CreatedFiles(state).removeLeftOvers()).toEqual([]);
    expect([existsSync(path), journals()]).toEqual([true, []]);
  });

  it('leaves what another nbdscope has made that lives', async () => {
    const child = await maker('process.exit(0);');
    expect(new CreatedFiles(state).removeLeftOvers()).toEqual([]);
    expect([existsSync(path), journals().length]).toEqual([true, 1]);
    child.stdin?.write('end');
    await once(child, 'exit');
    expect(existsSync(path)).toBe(false);
  });

  it('takes no process that has the number of a crashed one for it, and nothing for one of another machine', async () => {
    await crash();
    const journal = join(state, 'made-files', journals()[0] ?? '');
    const noted = JSON.parse(readFileSync(journal, 'utf8'));
    writeFileSync(journal, JSON.stringify({ ...noted, maker: { ...ownMark(), host: 'another' } }));
    expect(new CreatedFiles(state).removeLeftOvers()).toEqual([]);
    writeFileSync(journal, JSON.stringify({ ...noted, maker: { ...ownMark(), startTicks: '1' } }));
    expect(new CreatedFiles(state).removeLeftOvers()).toEqual([path]);
  });

  it('removes what was being made when the process crashed, but nothing older or younger', async () => {
    await crash();
    const journal = join(state, 'made-files', journals()[0] ?? '');
    const text = readFileSync(journal, 'utf8');
    const bornNs = lstatSync(path, { bigint: true }).birthtimeNs;
    const intended = (ns: bigint): void => {
      const noted = JSON.parse(text);
      writeFileSync(
        journal,
        JSON.stringify({ ...noted, files: [{ path, intendedNs: `${ns}`, made: null }] }),
      );
    };
    intended(bornNs + 1n);
    expect(new CreatedFiles(state).removeLeftOvers()).toEqual([]);
    intended(bornNs - 2_000_000_000n);
    expect(new CreatedFiles(state).removeLeftOvers()).toEqual([]);
    intended(bornNs - 1_000_000n);
    expect(new CreatedFiles(state).removeLeftOvers()).toEqual([path]);
  });

  it('lives with a journal that is damaged or cannot be written', async () => {
    mkdirSync(join(state, 'made-files'), { recursive: true });
    for (const [i, text] of ['', '{', '[]', '{"version":2}', '\0'].entries()) {
      writeFileSync(join(state, 'made-files', `${i}.json`), text);
    }
    expect(new CreatedFiles(state).removeLeftOvers()).toEqual([]);
    const blocked = join(folder, 'blocked');
    writeFileSync(blocked, '');
    const files = new CreatedFiles(blocked);
    expect(await files.create(path)).toBe(false);
    await files.remove(path);
    expect(existsSync(path)).toBe(false);
  });
});
