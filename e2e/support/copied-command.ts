import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { promisify } from 'node:util';
import type { Locator } from '@playwright/test';

const run = promisify(execFile);

/** What the button for that tool copies. */
export async function commandFor(place: Locator, tool: string): Promise<string> {
  const button = place.getByRole('button', { name: `Copy the command for ${tool}` });
  return (await button.getAttribute('data-command')) ?? '';
}

/** Gives a line to a shell as it stands; what it printed. */
export async function shell(line: string, folder = tmpdir()): Promise<string> {
  const path = `${process.env['PATH']}:/usr/sbin`;
  const options = { cwd: folder, timeout: 20_000, env: { ...process.env, PATH: path } };
  return (await run('sh', ['-c', line], options)).stdout;
}

/** The words that a shell makes of a line. */
export async function shellWords(line: string): Promise<readonly string[]> {
  return (await shell(`printf '%s\\0' ${line}`)).split('\0').slice(0, -1);
}

/** The words behind each `option` of a line. */
export function valuesOf(words: readonly string[], option: string): readonly string[] {
  return words.flatMap((word, i) => (words[i - 1] === option ? [word] : []));
}

/**
 * What qemu-img says of the drives of a line for qemu, with its credentials: qemu's own reading, as far as it goes
 * without a machine.
 */
export async function drivesSeenByQemu(line: string): Promise<readonly string[]> {
  const words = await shellWords(line);
  const objects = valuesOf(words, '-object').flatMap((object) => ['--object', object]);
  const seen: string[] = [];
  for (const drive of valuesOf(words, '-drive')) {
    const image = drive.replace(/,if=.*$/, '');
    seen.push((await run('qemu-img', ['info', ...objects, '--image-opts', image])).stdout);
  }
  return seen;
}

/** What nbd-client lists where a line would make a device: that needs the kernel's module, this the same place alone. */
export async function listedByNbdClient(line: string): Promise<string> {
  const [, , ...words] = await shellWords(line);
  const place = words.filter((word) => !word.startsWith('/dev/nbd'));
  return (await run('/usr/sbin/nbd-client', ['-l', ...place])).stdout;
}
