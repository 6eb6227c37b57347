import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { MD_SETS, type MdSet } from './md-sets.ts';
import { PATTERN_BLOCK_BYTES, patternBlock } from './pattern.ts';

const FIXTURES = resolve(import.meta.dirname, '../fixtures');
const PATTERN_BYTES = 16 << 20;
/** A guest with more disks takes long to start. */
const SETS_A_GUEST = 8;

/**
 * `node engine/structures/md/testing/make-fixtures.ts [NAME...]`: makes the arrays of {@link MD_SETS} (or those named) in a guest with
 * a real md, and keeps their disks, compressed, one after another. Needs libguestfs-tools, zstd and a kernel image that it
 * can boot (on Debian linux-image-amd64); some minutes, as the guest is emulated.
 */
function run(names: readonly string[]): void {
  const sets = MD_SETS.filter((set) => names.length === 0 || names.includes(set.name));
  for (let i = 0; i < sets.length; i += SETS_A_GUEST) make(sets.slice(i, i + SETS_A_GUEST));
}

function make(sets: readonly MdSet[]): void {
  const work = mkdtempSync(join(tmpdir(), 'nbdscope-md-'));
  const image = (name: string, bytes: number): string => {
    const path = join(work, name);
    writeFileSync(path, '');
    truncateSync(path, bytes);
    return path;
  };
  const pattern = join(work, 'pattern');
  writeFileSync(
    pattern,
    Buffer.concat(
      Array.from({ length: PATTERN_BYTES / PATTERN_BLOCK_BYTES }, (_, block) => patternBlock(block)),
    ),
  );
  const script = image('script', 1 << 20);
  const all = [script, pattern];
  const parts: string[] = [`PATTERN=${deviceOf(1)}`, 'MD=/dev/md0', 'exec 2>&1'];
  const perSet = sets.map((set) => {
    const paths = set.disksKib.map((kib, i) => image(`${set.name}.${i + 1}`, kib * 1024));
    const devices = paths.map((_, i) => deviceOf(all.length + i));
    all.push(...paths);
    parts.push(scriptOf(set, devices));
    return { set, paths };
  });
  const text = `${parts.join('\n')}\n`;
  writeFileSync(script, text.padEnd(1 << 20, '\n'));
  const done = spawnSync('guestfish', [], {
    // What the guest printed stands in the answer or, when a command in it failed, in the error.
    input: `${all.map((path, i) => `add ${path} format:raw label:${labelOf(i)}`).join('\n')}
run
-debug sh "sh ${deviceOf(0)}"
sync
shutdown
`,
    encoding: 'utf8',
    env: { ...process.env, LIBGUESTFS_BACKEND: 'direct', LIBGUESTFS_BACKEND_SETTINGS: 'force_tcg' },
  });
  const said = done.stdout + done.stderr;
  process.stdout.write(said);
  if (done.status !== 0) process.exitCode = 1;
  for (const { set, paths } of perSet) {
    const packed = join(FIXTURES, `${set.name}.img.zst`);
    const zstd = spawnSync('sh', [
      '-c',
      'out=$1; shift; cat "$@" | zstd -q -f -19 --long=25 -o "$out"',
      '-',
      packed,
      ...paths,
    ]);
    const detail = said.split(/^.*=== /m).find((part) => part.startsWith(`${set.name}\n`));
    writeFileSync(join(FIXTURES, `${set.name}.txt`), detail ?? '');
    if (zstd.status !== 0) throw new Error(`zstd failed: ${zstd.stderr}`);
  }
  rmSync(work, { recursive: true });
}

function scriptOf(set: MdSet, devices: readonly string[]): string {
  const members = (set.devices ?? devices.map((_, i) => String(i + 1)).join(' '))
    .split(' ')
    .map((member) => (member === 'missing' ? 'missing' : `$${member}`));
  const content =
    set.content === 'pattern'
      ? 'test -b $MD && dd if=$PATTERN of=$MD bs=64k oflag=direct conv=notrunc'
      : [
          'printf "label: gpt\\n,\\n" | sfdisk $MD; sleep 1',
          'mke2fs -q -t ext4 -b 1024 $MD"p1"; mkdir -p /tmp/m; mount $MD"p1" /tmp/m',
          'mkdir -p /tmp/m/dir; for i in 1 2 3 4 5 6; do head -c $((i * 40000)) $PATTERN > /tmp/m/dir/file$i; done',
          'umount /tmp/m',
        ].join('\n');
  return [
    `set -- ${devices.join(' ')}`,
    `echo "=== ${set.name}"`,
    `mdadm --create $MD --run --homehost=nbdscope -N ${set.name} ${set.create} ${members.join(' ')}`,
    'sleep 1; mdadm --wait $MD',
    content,
    'sync',
    ...(set.afterwards === undefined ? [] : [set.afterwards]),
    'mdadm --detail $MD; sleep 1; mdadm --stop $MD',
    ...(set.create.includes('-b internal') ? ['for disk; do mdadm --examine-bitmap $disk; done'] : []),
  ].join('\n');
}

/** Names that the guest's kernel gives depend on which disk answers first; labels do not. Letters only. */
function labelOf(index: number): string {
  const letter = (n: number): string => String.fromCharCode(97 + n);
  return `disk${letter(Math.floor(index / 26))}${letter(index % 26)}`;
}

function deviceOf(index: number): string {
  return `/dev/disk/guestfs/${labelOf(index)}`;
}

run(process.argv.slice(2));
