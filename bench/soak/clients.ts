import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Every so often a client leaves and another comes, as connections are among what may leak. */
const CLIENT_SECONDS = 45;
// Debian's libnbd is a module of Debian's Python: another python3 that stands first in the PATH lacks it.
const env = { ...process.env, PATH: `/usr/bin:${process.env['PATH']}` };
const COPY_EVERY_MS = 60_000;

/** What each disk gets but the last: jobs of fio, in requests a second that its nbd engine is held to. */
const FIO_JOBS: readonly (readonly string[])[] = [
  ['--rw=randread', '--bs=4k', '--rate_iops=250'],
  ['--rw=randrw', '--bs=4k', '--rate_iops=180,120'],
  ['--rw=rw', '--bs=32k', '--rate_iops=120,120'],
  ['--rw=randtrimwrite', '--bs=4k', '--rate_iops=,150,100'],
];

/** Every command that a client can send, at random places, some 300 a second; goes on when one fails. */
const EVERY_COMMAND = `
import random, time
end = time.time() + ${CLIENT_SECONDS}
size = h.get_size()
while time.time() < end:
  at = random.randrange(0, size // 4096 - 16) * 4096
  length = random.choice([512, 4096, 4096, 4096, 16384, 65536])
  what = random.randrange(0, 12)
  try:
    if what < 4: h.pread(length, at)
    elif what < 8: h.pwrite(random.randbytes(length), at)
    elif what == 8: h.zero(length, at)
    elif what == 9: h.trim(length, at)
    elif what == 10: h.cache(length, at)
    else: h.flush()
  except nbd.Error:
    pass
  time.sleep(1 / 300)
`;

/** The clients of five hosted disks: fio on four, nbdsh on one, and images with file systems copied over the first. */
export class SoakClients {
  readonly #running = new Set<ChildProcess>();
  readonly #images: string[] = [];
  #stopped = false;
  /** How many clients have come and gone, and how many could do nothing at all. */
  ended = 0;
  failed = 0;

  /** `uris`: of the five disks, `mib` large each; `folder`: where images are made. */
  static async start(uris: readonly string[], mib: number, folder: string): Promise<SoakClients> {
    const clients = new SoakClients();
    await clients.#makeImages(folder, mib);
    for (const [at, uri] of uris.entries()) {
      const job = FIO_JOBS[at];
      const command =
        job === undefined ? ['nbdsh', '-u', uri, '-c', EVERY_COMMAND] : fioCommand(uri, mib, job, at);
      void clients.#again(command);
    }
    void clients.#copyImages(uris[0] ?? '');
    return clients;
  }

  /** Ends them all. */
  stop(): void {
    this.#stopped = true;
    for (const child of this.#running) child.kill('SIGTERM');
  }

  /** A client that ends, by itself or by a fault, is followed by another. */
  async #again(command: readonly string[]): Promise<void> {
    while (!this.#stopped) {
      await this.#once(command);
      await sleep(500);
    }
  }

  async #copyImages(uri: string): Promise<void> {
    for (let turn = 0; !this.#stopped; turn += 1) {
      await this.#once(['nbdcopy', this.#images[turn % this.#images.length] ?? '', uri]);
      await sleep(COPY_EVERY_MS);
    }
  }

  async #once([program = '', ...args]: readonly string[]): Promise<void> {
    const child = spawn(program, args, { stdio: 'ignore', env });
    this.#running.add(child);
    const startMs = performance.now();
    await new Promise<void>((done) => {
      child.once('exit', (code) => {
        // A client that meets a fault ends with an error, but not at once.
        if (code !== 0 && performance.now() - startMs < 1000) this.failed += 1;
        done();
      });
      child.once('error', (error) => {
        process.stderr.write(`soak: ${program}: ${error.message}\n`);
        done();
      });
    });
    this.#running.delete(child);
    this.ended += 1;
  }

  /** Two file systems with files, one to take the other's place by turns: what is explained changes. */
  async #makeImages(folder: string, mib: number): Promise<void> {
    const tree = join(folder, 'tree');
    mkdirSync(tree);
    for (let i = 0; i < 40; i += 1) writeFileSync(join(tree, `file-${i}`), Buffer.alloc(1000 * (i + 1), i));
    for (const label of ['first', 'second']) {
      const image = join(folder, `${label}.img`);
      writeFileSync(image, '');
      await truncate(image, mib * 2 ** 20);
      await run('mke2fs', ['-q', '-F', '-t', 'ext4', '-L', label, '-d', tree, image]);
      writeFileSync(join(tree, `after-${label}`), label);
      this.#images.push(image);
    }
  }
}

function fioCommand(uri: string, mib: number, job: readonly string[], at: number): string[] {
  return [
    'fio',
    `--name=disk${at + 1}`,
    '--ioengine=nbd',
    `--uri=${uri}`,
    `--size=${mib}M`,
    '--iodepth=4',
    '--norandommap',
    '--randrepeat=0',
    '--time_based',
    `--runtime=${CLIENT_SECONDS}`,
    '--continue_on_error=all',
    ...job,
  ];
}
