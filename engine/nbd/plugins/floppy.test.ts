import { createHash, randomBytes } from 'node:crypto';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FatReader } from '../floppy/testing/fat-reader.ts';
import { MemoryAllowance } from '../memory-allowance.ts';
import { Errno } from '../protocol.ts';
import { peer, runPeer } from '../testing/peers.ts';
import { readBackend, request } from '../testing/requests.ts';
import { type Served, Stage } from '../testing/served.ts';
import { floppyPlugin } from './floppy.ts';
import type { Parameters, PluginDisk } from './plugin.ts';

const PARTITION = 1 << 20;
const stage = new Stage();
let work = '';
let directory = '';
beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), 'nbdscope-floppy-'));
  directory = join(work, 'dir');
  mkdirSync(directory);
});
afterEach(async () => {
  await stage.end();
  rmSync(work, { recursive: true, force: true });
});

function put(path: string, bytes: Buffer | string): void {
  const whole = join(directory, path);
  mkdirSync(join(whole, '..'), { recursive: true });
  writeFileSync(whole, bytes);
}

const make = (...more: Parameters): Promise<PluginDisk> =>
  floppyPlugin.create([['dir', directory], ...more], {
    allowance: new MemoryAllowance(0),
    readOnly: false,
    allowFiles: false,
  });

const serve = (...more: Parameters): Promise<Served> =>
  stage.serve({ plugin: 'floppy', parameters: [['dir', directory], ...more] });

/** Every file under a directory with the checksum of its bytes. */
function treeOf(path: string, prefix = ''): Record<string, string> {
  const tree: Record<string, string> = {};
  for (const name of readdirSync(path)) {
    const at = join(path, name);
    if (statSync(at).isDirectory()) {
      tree[`${prefix}${name}/`] = '';
      Object.assign(tree, treeOf(at, `${prefix}${name}/`));
    } else tree[`${prefix}${name}`] = createHash('sha256').update(readFileSync(at)).digest('hex');
  }
  return tree;
}

/** A copy of the whole disk, got by a real client, and of what mtools finds on it. */
async function copied(served: Served): Promise<{ image: string; tree: Record<string, string> }> {
  const image = join(work, 'image');
  await peer('nbdcopy', served.uri, image);
  const out = join(work, 'out');
  mkdirSync(out, { recursive: true });
  const run = await runPeer('env', [
    'LC_ALL=C.UTF-8',
    'mcopy',
    '-s',
    '-n',
    '-i',
    `${image}@@${PARTITION}`,
    '::',
    out,
  ]);
  if (run.code !== 0) throw new Error(`mcopy: ${run.stderr}`);
  return { image, tree: treeOf(out) };
}

/** What fsck.vfat has to say of the partition. */
async function checked(image: string): Promise<{ code: number | null; text: string }> {
  const partition = join(work, 'partition');
  await peer('dd', `if=${image}`, `of=${partition}`, 'bs=1M', 'skip=1', 'conv=sparse', 'status=none');
  const { code, stdout, stderr } = await runPeer('fsck.vfat', ['-n', '-v', partition]);
  return { code, text: stdout + stderr };
}

describe('a directory as a disk', () => {
  it('has every file under its own name, and no fault that fsck.vfat or mtools find', async () => {
    put('README.TXT', 'short enough');
    put('empty', '');
    put('a long name with spaces.and.dots', randomBytes(5_000_000));
    put('exactly one cluster', randomBytes(4096));
    put('one byte more', randomBytes(4097));
    put('Grüße, Ελλάδα, 日本語.txt', 'names in Unicode');
    put('thirteen.char', 'as long as one long entry');
    for (let i = 0; i < 300; i += 1) put(`many/longfilename number ${i}.text`, `file ${i}`);
    put(`${Array.from({ length: 30 }, (_none, i) => `deep${i}`).join('/')}/at the end`, randomBytes(10_000));
    mkdirSync(join(directory, 'nothing in it'));
    const served = await serve();
    expect(served.disk.plugin.warnings).toEqual([]);
    const { image, tree } = await copied(served);
    expect(tree).toEqual(treeOf(directory));
    const { code, text } = await checked(image);
    expect(text).toMatch(/\d+ files/);
    expect(code, text).toBe(0);
    expect(await peer('qemu-img', 'compare', '-f', 'raw', '-F', 'raw', served.uri, image)).toContain(
      'identical',
    );
    const table = await peer('sfdisk', '--json', image);
    expect(JSON.parse(table)).toMatchObject({
      partitiontable: { label: 'dos', partitions: [{ start: 2048, type: 'c' }] },
    });
  });

  it('gives every file a short name of its own', async () => {
    for (const name of [
      'longname-a.txt',
      'longname-b.txt',
      'LONGNA~1.TXT',
      'longname.a.txt',
      '....',
      ' x',
      '+++',
    ]) {
      put(`names/${name}`, name);
    }
    const { image } = await copied(await serve());
    expect((await checked(image)).code).toBe(0);
    const listed = await peer('mdir', '-b', '-X', '-i', `${image}@@${PARTITION}`, '::/names');
    const short = await peer('mdir', '-i', `${image}@@${PARTITION}`, '::/names');
    expect(listed.trim().split('\n')).toHaveLength(7);
    const shorts = short
      .split('\n')
      .filter((line) => /^[A-Z_~0-9]+ .* \d{4}-/.test(line))
      .map((line) => line.slice(0, 12));
    expect(new Set(shorts).size).toBe(7);
  });

  it('keeps names beyond the basic plane, whose halves mtools shows one by one', async () => {
    put('emoji 🎉.md', 'party');
    const served = await serve();
    const { image, tree } = await copied(served);
    expect(Object.keys(tree)).toEqual(['emoji __.md']);
    expect((await checked(image)).code).toBe(0);
    const bytes = readFileSync(image);
    expect(bytes.includes(Buffer.from('🎉.md\0', 'utf16le'))).toBe(true);
  });

  it('tells names apart that FAT cannot, and says so', async () => {
    put('File.txt', 'one');
    put('file.TXT', 'two');
    put('what: "is"?', 'three');
    put('ends in a dot.', 'four');
    const served = await serve();
    expect(served.disk.plugin.warnings).toEqual([
      '3 names were changed to what FAT allows and can tell apart.',
    ]);
    const { image, tree } = await copied(served);
    expect(Object.keys(tree).sort()).toEqual(['File.txt', 'ends in a dot_', 'file (2).TXT', 'what_ _is__']);
    expect((await checked(image)).code).toBe(0);
  });

  it('keeps the longest names within what FAT allows when they get a number, and hundreds of them apart', async () => {
    const forbidden = [...':*?|"<>'];
    put('a'.repeat(255), 'one');
    put('A'.repeat(255), 'two');
    put(`${'b'.repeat(251)}.txt`, 'one');
    put(`${'B'.repeat(251)}.txt`, 'two');
    for (const a of forbidden) for (const b of forbidden) for (const c of forbidden) put(`${a}${b}${c}`, '');
    const { backend } = await make();
    const reader = await FatReader.open((at, length) => readBackend(backend, BigInt(at), length));
    const names = (await reader.list()).map(({ name }) => name);
    expect(new Set(names).size).toBe(4 + forbidden.length ** 3);
    expect(names).toContain(`${'a'.repeat(251)} (2)`);
    expect(names).toContain(`${'b'.repeat(247)} (2).txt`);
    expect(names).toContain('___ (343)');
    await backend.dispose();
  });

  it('leaves out what is no file, and follows no link out of the directory', async () => {
    put('kept', 'kept');
    symlinkSync('/etc/passwd', join(directory, 'link'));
    symlinkSync('/etc', join(directory, 'way out'));
    await peer('mkfifo', join(directory, 'pipe'));
    const served = await serve();
    expect(served.disk.plugin.warnings).toEqual([
      'Left out 2 that is a symbolic link.',
      'Left out 1 that is neither file nor directory.',
    ]);
    expect(Object.keys((await copied(served)).tree)).toEqual(['kept']);
  });

  it('does not read what has taken the place of a file', async () => {
    put('secret', 'outside');
    renameSync(join(directory, 'secret'), join(work, 'secret'));
    put('file', randomBytes(4096));
    put('shrinks', randomBytes(9000));
    put('grows', 'as it was');
    const { backend, warnings } = await make();
    const before = warnings.length;
    rmSync(join(directory, 'file'));
    symlinkSync(join(work, 'secret'), join(directory, 'file'));
    truncateSync(join(directory, 'shrinks'), 100);
    appendFileSync(join(directory, 'grows'), ', and more');
    const failed: number[] = [];
    for (let at = PARTITION; at < PARTITION + (2 << 20); at += 4096) {
      const errno = await backend.read(request(BigInt(at), 4096));
      if (errno !== 0) failed.push(errno);
    }
    expect(failed.length).toBeGreaterThanOrEqual(2);
    expect(new Set(failed)).toEqual(new Set([Errno.EIO]));
    expect(before).toBe(0);
    await backend.dispose();
  });

  it('is read-only, and tells where it holds nothing', async () => {
    put('file', randomBytes(10_000));
    const { uri } = await serve();
    const info: unknown = JSON.parse(await peer('nbdinfo', '--json', uri));
    expect(info).toMatchObject({ exports: [{ is_read_only: true, can_trim: false, can_multi_conn: true }] });
    const map = JSON.parse(await peer('nbdinfo', '--map', '--json', uri)) as {
      length: number;
      type: number;
    }[];
    const data = map.filter(({ type }) => type === 0).reduce((sum, { length }) => sum + length, 0);
    expect(data).toBeLessThan(20_000);
    expect(await peer('nbdinfo', '--size', uri)).toMatch(/^\d+\n$/);
  });

  it('has few files open at a time, however many a read is of', async () => {
    for (let i = 0; i < 700; i += 1) put(`f${i}`, `file ${i}`);
    const { backend, warnings } = await make();
    const openNow = (): number =>
      readdirSync('/proc/self/fd').filter((fd) => {
        try {
          return readlinkSync(`/proc/self/fd/${fd}`).startsWith(directory);
        } catch {
          return false;
        }
      }).length;
    let most = 0;
    const looking = setInterval(() => {
      most = Math.max(most, openNow());
    }, 0);
    const read = Promise.all([
      backend.read(request(BigInt(PARTITION), 6 << 20)),
      backend.read(request(BigInt(PARTITION), 6 << 20)),
    ]);
    expect(await read).toEqual([0, 0]);
    clearInterval(looking);
    expect(warnings).toEqual([]);
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(32);
    await backend.dispose();
    expect(openNow()).toBe(0);
  });

  it('takes a label and a size', async () => {
    put('file', 'x');
    const served = await serve(['label', 'my disk'], ['size', '1G']);
    const { image } = await copied(served);
    expect(statSync(image).size).toBe(1 << 30);
    expect((await checked(image)).code).toBe(0);
    expect(await peer('mdir', '-i', `${image}@@${PARTITION}`, '::')).toContain('MY DISK');
    await expect(make(['size', '1M'])).rejects.toThrow('size=1048576: the floppy needs at least');
    await expect(make(['label', 'much too long a label'])).rejects.toThrow('use at most 11 letters');
  });

  it('refuses a file of 4 GiB, and what is no directory', async () => {
    put('large', '');
    truncateSync(join(directory, 'large'), 2 ** 32);
    await expect(make()).rejects.toThrow('large has 4294967296 bytes; a file on FAT has less than 4 GiB');
    truncateSync(join(directory, 'large'), 2 ** 32 - 1);
    expect((await make()).backend.sizeBytes).toBeGreaterThan(2n ** 32n);
    await expect(make(['dir', join(directory, 'large')])).rejects.toThrow('it is not a directory');
    await expect(make(['dir', join(directory, 'gone')])).rejects.toThrow('it is not there; name a directory');
  });
});

describe('pattern and null', () => {
  it.each(['1', '8', '1000003', '4M'])("a pattern of %s bytes is nbdkit's", async (size) => {
    const { uri } = await stage.serve({ plugin: 'pattern', parameters: [['size', size]] });
    const [ours, theirs] = [join(work, 'ours'), join(work, 'theirs')];
    await peer('nbdcopy', uri, ours);
    await peer('nbdkit', '-U', '-', 'pattern', size, '--run', `nbdcopy "$uri" ${theirs}`);
    expect(readFileSync(ours).equals(readFileSync(theirs))).toBe(true);
  });

  it('a pattern shows offsets up to 2^63-1, at any alignment', async () => {
    const { uri } = await stage.serve({ plugin: 'pattern', parameters: [['size', '9223372036854775807']] });
    const script = [
      'for o in (0, 5, 0xfffffff9, 0x100000003, (1 << 63) - 30):',
      '    b = h.pread(23, o)',
      '    whole = b"".join((i * 8).to_bytes(8, "big") for i in range(o // 8, o // 8 + 5))',
      '    assert b == whole[o % 8:o % 8 + 23], hex(o)',
      'print(h.is_read_only())',
    ].join('\n');
    expect((await peer('nbdsh', '-u', uri, '-c', script)).trim()).toBe('True');
  });

  it('null takes everything and keeps nothing', async () => {
    const { uri, disk } = await stage.serve({ plugin: 'null', parameters: [['size', '7E']] });
    const script = [
      'h.pwrite(b"x" * 100, 1 << 62, nbd.CMD_FLAG_FUA)',
      'h.trim(1 << 20, 0)',
      'h.zero(1 << 20, 0)',
      'h.flush()',
      'assert h.pread(100, 1 << 62) == bytes(100)',
      'print(h.get_size())',
    ].join('\n');
    expect((await peer('nbdsh', '-u', uri, '-c', script)).trim()).toBe(`${7n << 60n}`);
    expect(disk.plugin.usedBytes).toBe(0);
  });
});
