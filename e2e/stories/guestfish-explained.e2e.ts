import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, test } from '@playwright/test';
import { clientsGone, namesOf, writtenRequests } from '#engine/structures/testing/written-requests.ts';
import { TestEngine } from '#engine/testing/test-engine.ts';
import type { AccountAnswer } from '#shared/contract/structures.ts';

const run = promisify(execFile);
/** guestfish boots a small machine, without a processor's help where there is none. */
const BOOT_MS = 300_000;

/** The story: partition, mkfs, mount, time for what ext4 does lazily, a file that comes and goes, fstrim. */
const storyOn = (
  socket: string,
): string => `add "" protocol:nbd server:unix:${socket} format:raw discard:enable
run
part-disk /dev/sda gpt
mke2fs /dev/sda1 fstype:ext4
mount /dev/sda1 /
fill 1 10000000 /bigfile
sync
sleep 20
rm /bigfile
fstrim /
umount-all
`;

/** Tests go in order; each place is looked for after the one before. */
function inOrder(names: readonly (string | null)[], patterns: readonly RegExp[]): void {
  let from = 0;
  for (const pattern of patterns) {
    const found = names.findIndex((name, i) => i >= from && name !== null && pattern.test(name));
    expect(found, `${pattern} among ${names.slice(from).join('\n')}`).toBeGreaterThanOrEqual(from);
    from = found;
  }
}

test('a guest that partitions, makes ext4 and mounts it has its requests named for what they were', async () => {
  test.setTimeout(BOOT_MS + 60_000);
  await using window = new TestEngine();
  window.send({
    command: 'hostDisk',
    size: '64M',
    exportName: '',
    parameters: [],
    readOnly: false,
    tcpPort: null,
  });
  await window.until(() => window.session?.structures[0]?.state === 'known');
  const script = window.file('story.gf');
  writeFileSync(script, storyOn(window.source()?.host?.socketPath ?? ''));
  const env = {
    ...process.env,
    PATH: `/usr/bin:/usr/sbin:${process.env['PATH']}`,
    LIBGUESTFS_BACKEND: 'direct',
    LIBGUESTFS_BACKEND_SETTINGS: 'force_tcg',
  };
  await run('guestfish', ['-f', script], { env, timeout: BOOT_MS });
  await expect.poll(() => clientsGone(window)).toBeGreaterThan(0);
  await window.until(() => window.engine.structures.isSettled);

  const names = await namesOf(window, await writtenRequests(window));
  inOrder(names, [
    /^write: .*GPT header/,
    /^write: .*backup GPT header/,
    /^trim: (all of )?(ext4|partition 1)$/,
    /^zero: journal/,
    /^write: backup superblock, group 1/,
    /^write: superblock/,
    /^write: \/bigfile/,
    /^trim: .*free space/,
  ]);
  // Lazily, whatever else goes on.
  inOrder(names, [
    /^write: backup superblock, group 7/,
    /^zero: inode table, group 1$/,
    /^zero: inode table, group 7$/,
  ]);
  const { json } = await window.ask({ about: 'account', span: { fromUs: 0, toUs: 4e15 }, disks: null });
  const { sentences } = json as AccountAnswer;
  const texts = sentences.map(({ text }) => text);
  inOrder(texts, [
    /^GUID partition table written at both ends of the disk\.$/,
    /^Ext4 on partition 1 came to be: .*\d backup superblocks and a journal of 4 MiB were written\.$/,
    /^Ext4 on partition 1 was mounted\.$/,
    /^\/bigfile on ext4 on partition 1 was written/,
    /MiB of the free space of ext4 on partition 1 were trimmed\.$/,
  ]);
  expect(texts).toContainEqual(
    expect.stringMatching(
      /^\d+(\.\d)? s after the mount, the inode tables of groups \d to 7 of ext4 on partition 1 were zeroed\.$/,
    ),
  );
  for (const { fromSequence, toSequence, requests } of sentences) {
    expect(toSequence).toBeGreaterThanOrEqual(fromSequence);
    expect(requests).toBeGreaterThan(0);
  }
});
