import { execFile, spawnSync } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type {
  AccountAnswer,
  StructureAtAnswer,
  StructureExtentsAnswer,
  StructureRegionsAnswer,
  StructuresAnswer,
} from '#shared/contract/structures.ts';
import { Op } from '#shared/events/vocabulary.ts';
import { RealNbdkit } from '../testing/real-nbdkit.ts';
import { TestEngine } from '../testing/test-engine.ts';
import { answerAccount } from './answers/account.ts';
import { Sight } from './answers/answers.ts';
import { gptExt4Image, PARTITION_BYTES } from './testing/ext4-image.ts';
import { ImageFolder, runTool } from './testing/images.ts';
import { clientsGone, namesOf, writtenRequests } from './testing/written-requests.ts';

const MIB = 1 << 20;
/** Clients of a disk in this process must not hold it up. */
const run = promisify(execFile);
/** The system's Python, which has libnbd. */
const env = { ...process.env, PATH: `/usr/bin:${process.env['PATH']}` };

let folder: ImageFolder;
let engine: TestEngine;
beforeEach(() => {
  folder = new ImageFolder();
  engine = new TestEngine();
});
afterEach(async () => {
  await engine[Symbol.asyncDispose]();
  folder.remove();
});

/** Hosts a disk in memory and returns its address once it has been read for the first time. */
async function hostMemory(sizeMib: number, place = 0): Promise<string> {
  const size = `${sizeMib}M`;
  engine.send({
    command: 'hostDisk',
    size,
    exportName: '',
    parameters: [],
    readOnly: false,
    tcpPort: null,
  });
  await engine.until(() => engine.session?.structures[place]?.state === 'known');
  return engine.session?.sources[place]?.host?.uri ?? '';
}

/** Lets a client of the disk do its work, and waits until all of it is known. */
async function client(program: string, args: readonly string[]): Promise<void> {
  const before = await clientsGone(engine);
  await run(program, args, { env });
  while ((await clientsGone(engine)) === before) await pause(5);
  await engine.until(() => engine.engine.structures.isSettled);
}

const now = () => engine.engine.session.state.sequence;

describe('a disk hosted in memory, to which a client writes a partition table and ext4', () => {
  beforeEach(async () => {
    const uri = await hostMemory(64);
    const image = gptExt4Image(folder, 64 * MIB);
    // Piece by piece, so that requests are about few structures each.
    await client('nbdcopy', ['--request-size=4096', image, uri]);
  });

  it('is told in words, and empty at the moment before', async () => {
    await engine.until(() => engine.session?.structures[0]?.words.includes('ext4'));
    expect(engine.session?.structures[0]).toMatchObject({
      state: 'known',
      words: 'GUID partition table, 1 partition; ext4 on partition 1',
      source: { kind: 'host' },
    });
    const before = (
      await engine.ask({ about: 'structures', disk: 0, path: '', atSequence: 0, firstChild: 0, limit: 9 })
    ).json as StructuresAnswer;
    expect(before.children).toEqual([]);
    const after = (
      await engine.ask({
        about: 'structures',
        disk: 0,
        path: 'gpt/p1/ext4',
        atSequence: now(),
        firstChild: 0,
        limit: 500,
      })
    ).json as StructuresAnswer;
    expect(after.node).toMatchObject({ kind: 'fileSystem', name: 'ext4' });
    expect(after.children.map(({ kind }) => kind)).toContain('journal');
    expect(after.version).toBeGreaterThan(before.version);
  });

  it('tells what a block belongs to, outermost first, as dumpe2fs has it', async () => {
    const table = /Inode table at (\d+)-/.exec(
      runTool('dumpe2fs', [`${folder.path}/disk.img?offset=${PARTITION_BYTES}`]),
    );
    const block = Math.floor((PARTITION_BYTES + Number(table?.[1]) * 1024) / 4096);
    const { json } = await engine.ask({ about: 'structureAt', disk: 0, block, atSequence: now() });
    const { chains } = json as StructureAtAnswer;
    expect(chains.map(({ chain }) => chain.map(({ name }) => name))).toContainEqual([
      'GUID partition table',
      'partition 1',
      'ext4',
      'group 0',
      'inode table of group 0',
    ]);
    const places = await engine.ask({
      about: 'structureExtents',
      disk: 0,
      path: 'gpt/p1/ext4/group:0/inodeTable',
      atSequence: now(),
    });
    expect((places.json as StructureExtentsAnswer).leftOut).toBe(0);
    const { firstBlock, endBlock } = places.columns;
    expect(Number(firstBlock?.[0])).toBeLessThanOrEqual(block);
    expect(Number(endBlock?.[0])).toBeGreaterThan(block);
  });

  it('tells regions in order, none over another, and fewer where fewer are asked for', async () => {
    for (const most of [4096, 16]) {
      const { json, columns } = await engine.ask({
        about: 'structureRegions',
        disk: 0,
        firstBlock: 0,
        endBlock: (64 * MIB) / 4096,
        atSequence: now(),
        most,
      });
      const { names, isCoarse } = json as StructureRegionsAnswer;
      const first = [...(columns['firstBlock'] ?? [])].map(Number);
      const end = [...(columns['endBlock'] ?? [])].map(Number);
      expect(first.length).toBeLessThanOrEqual(most);
      expect(isCoarse).toBe(most === 16);
      for (const [i, at] of first.entries()) {
        expect(end[i]).toBeGreaterThan(at);
        if (i > 0) expect(at).toBeGreaterThanOrEqual(end[i - 1] ?? 0);
      }
      expect(names).toContain('journal');
    }
  });

  it('names the requests by what came of them', async () => {
    const names = await namesOf(engine, await writtenRequests(engine));
    expect(names.some((name) => /^(write|zero): .*journal/.test(name ?? ''))).toBe(true);
    expect(names.some((name) => /^write: .*GPT header/.test(name ?? ''))).toBe(true);
    expect(names.filter((name) => name?.includes('backup superblock')).length).toBeGreaterThan(0);
    expect(names).toContain('write: inode table, group 0');
  });

  it('gives an account of it that names both ends, the backups and the journal', async () => {
    const span = { fromUs: 0, toUs: 4e15 };
    const { json } = await engine.ask({ about: 'account', span, disks: null });
    const { sentences } = json as AccountAnswer;
    const texts = sentences.map(({ text }) => text);
    expect(texts).toContain('GUID partition table written at both ends of the disk.');
    const made = sentences.find(({ text }) => text.startsWith('Ext4 on partition 1 came to be'));
    expect(made?.text).toMatch(/\d backup superblocks and a journal of 4 MiB were written/);
    expect(made?.requests).toBeGreaterThan(50);
    expect(made?.fromSequence).toBeLessThan(made?.toSequence ?? 0);
    expect(texts.join()).not.toContain('mounted');
    expect((json as AccountAnswer).untoldFromUs).toBeNull();
  });

  it('says up to where its account goes where there are too many requests, and claims nothing of what came later', async () => {
    const knowledge = engine.engine.structures.knowledgeOf(0);
    if (knowledge === null) throw new Error('nothing is known of the disk');
    const { history } = engine.engine.past;
    const known = { disks: new Map([[0, knowledge]]), names: [], history };
    const sight = new Sight(known, new AbortController().signal);
    const question = { about: 'account', span: { fromUs: 0, toUs: 4e15 }, disks: null } as const;
    const requests = await writtenRequests(engine);
    const tell = async (most: number): Promise<AccountAnswer> =>
      (await answerAccount(sight, question, most)).json as AccountAnswer;
    expect((await tell(requests.length)).untoldFromUs).toBeNull();
    const cut = await tell(10);
    const { firstUs, lastUs } = history?.info() ?? {};
    expect(cut.untoldFromUs).toBeGreaterThanOrEqual(firstUs ?? Number.NaN);
    expect(cut.untoldFromUs).toBeLessThanOrEqual(lastUs ?? Number.NaN);
    expect(cut.sentences.map(({ text }) => text).join()).not.toContain('came to be');
    const untold = requests[10]?.sequence ?? 0;
    for (const { toSequence } of cut.sentences) expect(toSequence).toBeLessThan(untold);
  });
});

describe('what is known over time', () => {
  it('is kept as it was at each moment, for as long as the disk is explained', async () => {
    const uri = await hostMemory(16);
    const first = gptExt4Image(folder, 16 * MIB);
    await client('nbdcopy', [first, uri]);
    const whenExt4 = now();
    await client('nbdsh', ['-u', uri, '-c', `h.pwrite(b"\\0" * 4096, ${PARTITION_BYTES})`]);
    const words = async (atSequence: number): Promise<unknown> =>
      (
        (
          await engine.ask({
            about: 'structures',
            disk: 0,
            path: 'gpt/p1',
            atSequence,
            firstChild: 0,
            limit: 9,
          })
        ).json as StructuresAnswer
      ).children.map(({ name }) => name);
    expect(await words(whenExt4)).toEqual(['ext4']);
    expect(await words(now())).toEqual([]);
    const wipe = (await writtenRequests(engine)).at(-1);
    expect(await namesOf(engine, wipe === undefined ? [] : [wipe])).toEqual([
      expect.stringContaining('superblock'),
    ]);

    const versionWhenOn = engine.session?.structures[0]?.version ?? 0;
    engine.send({ command: 'explainDisk', disk: 0, on: false });
    await engine.until(() => engine.session?.structures[0]?.state === 'off');
    await expect(words(now())).rejects.toThrow('until that is asked for');
    engine.send({ command: 'explainDisk', disk: 0, on: true });
    await engine.until(() => engine.session?.structures[0]?.state === 'known');
    expect(await words(now())).toEqual([]);
    // Nobody takes what is known now for what was known before.
    expect(engine.session?.structures[0]?.version).toBeGreaterThan(versionWhenOn);
  });

  it('is read by nobody who would be a client: reading is no request, and no fault or delay touches it', async () => {
    await hostMemory(16);
    engine.send({ command: 'setDiskError', disk: 0, on: true, removeForeign: false });
    engine.send({ command: 'explainDisk', disk: 0, on: false });
    await engine.until(() => engine.session?.structures[0]?.state === 'off');
    engine.send({ command: 'explainDisk', disk: 0, on: true });
    await engine.until(
      () => engine.session?.structures[0]?.words === 'nothing that is known here lies on it',
    );
    expect(engine.requests(0, Op.Read)).toBe(0);
  });
});

describe('a capture', () => {
  it('carries what was known, so that its requests are named as they were', async () => {
    const uri = await hostMemory(16);
    const path = engine.file('taken.nbdscope');
    engine.send({ command: 'startCapture', path, fromBeginning: true, replace: false });
    await client('nbdcopy', [gptExt4Image(folder, 16 * MIB), uri]);
    const whenExt4 = now();
    await client('nbdsh', ['-u', uri, '-c', `h.pwrite(b"\\0" * 4096, ${PARTITION_BYTES})`]);
    const requests = await writtenRequests(engine);
    const names = await namesOf(engine, requests);
    engine.send({ command: 'stopCapture' });
    await engine.until(() => engine.session?.captures.recording === null);
    const source = engine.source()?.id ?? 0;
    engine.send({ command: 'stopHost', source, force: true });
    await engine.until(() => engine.session?.sources.length === 0);

    engine.send({ command: 'openLogs', paths: [path], size: null, replace: true });
    await engine.until(() => engine.session?.structures[0]?.state === 'recorded');
    expect(engine.session?.structures[0]?.source).toEqual({ kind: 'capture', name: 'taken.nbdscope' });
    expect(await writtenRequests(engine)).toEqual(requests);
    expect(await namesOf(engine, requests)).toEqual(names);
    const ask = { about: 'structures', disk: 0, path: 'gpt/p1/ext4', firstChild: 0, limit: 9 } as const;
    expect((await engine.ask({ ...ask, atSequence: whenExt4 })).json).toMatchObject({
      node: { name: 'ext4' },
    });
    await expect(engine.ask({ ...ask, atSequence: 1e9 })).rejects.toThrow('there is no gpt/p1/ext4');
    engine.send({ command: 'saveCapture', path: engine.file('again.nbdscope'), span: null, replace: false });
    await engine.until(() => engine.session?.captures.saved === 1);
    engine.send({ command: 'openLogs', paths: [engine.file('again.nbdscope')], size: null, replace: true });
    await engine.until(() => engine.session?.structures[0]?.source?.name === 'again.nbdscope');
    expect(await namesOf(engine, requests)).toEqual(names);

    // What it carries is there again once it is read from nowhere else.
    for (const off of [
      { command: 'setDiskImage', disk: 0, from: null },
      { command: 'explainDisk', disk: 0, on: false },
    ] as const) {
      engine.send({ command: 'setDiskImage', disk: 0, from: gptExt4Image(folder, 16 * MIB) });
      await engine.until(() => engine.session?.structures[0]?.state === 'known');
      expect(engine.session?.structures[0]?.source?.kind).toBe('image');
      expect(engine.session?.structures[0]?.versions).toBe(1);
      engine.send(off);
      await engine.until(() => engine.session?.structures[0]?.state === 'recorded');
      expect(engine.session?.structures[0]?.source?.name).toBe('again.nbdscope');
      expect(engine.session?.structures[0]?.versions).toBeGreaterThan(1);
      expect(await namesOf(engine, requests)).toEqual(names);
    }
  });
});

describe('a log whose disk is read from elsewhere', () => {
  it('is explained by an image, and says what will not do', async () => {
    engine.send({
      command: 'openLogs',
      paths: ['assets/recordings/ext4-blog-64M/log'],
      size: null,
      replace: true,
    });
    await engine.until(() => engine.session?.structures[0]?.state === 'nowhere' && engine.disk()?.sizeBytes);
    const disk = engine.disk()?.id ?? 0;
    engine.send({ command: 'setDiskImage', disk, from: `${folder.path}/none.img` });
    expect(await engine.refusal()).toContain('none.img');
    engine.send({ command: 'setDiskImage', disk, from: gptExt4Image(folder, 64 * MIB) });
    await engine.until(() => engine.session?.structures[0]?.words.includes('ext4 on partition 1'));
    expect(engine.session?.structures[0]?.source?.kind).toBe('image');
    engine.send({ command: 'setDiskImage', disk, from: null });
    await engine.until(() => engine.session?.structures[0]?.state === 'nowhere');
  });

  it('is explained from its beginning by an image that was named beforehand, and a bad one is told of', async () => {
    const image = gptExt4Image(folder, 64 * MIB);
    engine.engine.structures.expectImages([image, `${folder.path}/none.img`]);
    const paths = ['ext4-blog-64M/log', 'ext4-blog-64M-40ms/log'].map((log) => `assets/recordings/${log}`);
    engine.send({ command: 'openLogs', paths, size: null, replace: true });
    await engine.until(() => engine.session?.structures[0]?.words.includes('ext4 on partition 1'));
    const told = await engine.until(() =>
      engine.session?.notices.find(({ text }) => text.includes('none.img')),
    );
    expect(told.level).toBe('warning');
    expect(engine.session?.structures[1]?.state).toBe('nowhere');
  });

  it('is explained by another server, by its URI', async () => {
    const uri = await hostMemory(16);
    await client('nbdcopy', [gptExt4Image(folder, 16 * MIB), uri]);
    engine.send({
      command: 'openLogs',
      paths: ['assets/recordings/ext4-blog-64M/log'],
      size: null,
      replace: false,
    });
    const disk = (await engine.until(() => engine.disk(1)))?.id ?? 0;
    engine.send({ command: 'setDiskImage', disk, from: uri });
    await engine.until(() => engine.session?.structures[1]?.words.includes('ext4 on partition 1'));
    expect(engine.session?.structures[1]?.source).toEqual({ kind: 'uri', name: uri });
  });

  it('holds up no other while its server does not answer, says so, and is let go at once', async () => {
    const socket = `${folder.path}/slow`;
    await using _nbdkit = await RealNbdkit.start(socket, '--filter=delay', 'memory', '64M', 'rdelay=100');
    const paths = ['assets/recordings/ext4-blog-64M/log'];
    engine.send({ command: 'openLogs', paths, size: null, replace: true });
    const disk = (await engine.until(() => engine.disk()))?.id ?? 0;
    engine.send({ command: 'setDiskImage', disk, from: `nbd+unix:///?socket=${socket}` });
    await engine.until(() => engine.session?.structures[0]?.state === 'reading');
    const begunMs = performance.now();
    const uri = await hostMemory(16, 1);
    await run('nbdcopy', [gptExt4Image(folder, 16 * MIB), uri], { env });
    await engine.until(() => engine.session?.structures[1]?.words.includes('ext4 on partition 1'));
    expect(engine.session?.structures[0]?.state).toBe('reading');
    // It is waited for no longer than it takes to see that nothing comes.
    await engine.until(() => engine.session?.structures[0]?.state !== 'reading');
    expect(performance.now() - begunMs).toBeLessThan(60_000);
    const { json } = await engine.ask({
      about: 'structures',
      disk,
      path: '',
      atSequence: now(),
      firstChild: 0,
      limit: 9,
    });
    expect(JSON.stringify(json)).toContain('it did not answer within 10 s');
    engine.send({ command: 'setDiskImage', disk, from: null });
    await engine.until(() => engine.session?.structures[0]?.state === 'nowhere');
  });
});

it('the programs these tests need are there', () => {
  for (const program of ['sgdisk', 'mke2fs', 'nbdcopy', 'nbdsh', 'dumpe2fs']) {
    expect(spawnSync('sh', ['-c', `PATH=$PATH:/usr/sbin:/sbin; command -v ${program}`]).status, program).toBe(
      0,
    );
  }
});
