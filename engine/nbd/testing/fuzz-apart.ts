import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { FuzzMessage, FuzzPartName, FuzzReport } from './fuzz-process.ts';

/** The parts that meet hostile input from elsewhere than from clients. */
export const FUZZ_PARTS: readonly FuzzPartName[] = ['data', 'floppy', 'curl', 'remote'];

/** Cases that are named when the process ends or hangs: at least as many as are tried at a time. */
const LATEST = 8;
/** JavaScript alone may not have more than this, MiB. */
const HEAP_MIB = 256;

/** A part of the fuzzer in a process of its own, so that what it does to the process can be seen. */
export class FuzzApart {
  readonly #name: FuzzPartName;
  readonly #child: ChildProcess;
  readonly #latest: number[] = [];
  #settle: { resolve: (report: FuzzReport) => void; reject: (error: Error) => void } | null = null;
  #broken: Error | null = null;

  /** @param seed that of the first case; those after it have the next ones. */
  constructor(name: FuzzPartName, seed: number) {
    this.#name = name;
    this.#child = fork(new URL('./fuzz-process.ts', import.meta.url), [name, String(seed)], {
      execArgv: ['--expose-gc', `--max-old-space-size=${HEAP_MIB}`],
    });
    this.#child.on('message', (message: FuzzMessage) => this.#heard(message));
    this.#child.once('exit', (code, signal) => {
      this.#fail(`its process ended (${signal ?? code}) during one of the cases ${this.#latest.join(', ')}`);
    });
  }

  /**
   * Tries that many more cases.
   * @param limitMs how long they may take in all; for ever unless told.
   * @throws Error naming part and seed when a promise was broken, the process ended, or it took too long.
   */
  run(cases: number, limitMs: number | null = null): Promise<FuzzReport> {
    if (this.#broken !== null) return Promise.reject(this.#broken);
    const hung = (): void =>
      this.#fail(`no end within ${limitMs} ms of the cases ${this.#latest.join(', ')}`);
    const timer = limitMs === null ? undefined : setTimeout(hung, limitMs);
    const done = new Promise<FuzzReport>((resolve, reject) => {
      this.#settle = { resolve, reject };
    }).finally(() => clearTimeout(timer));
    this.#child.send(cases);
    return done;
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    if (this.#broken === null) this.#child.disconnect();
    else this.#child.kill('SIGKILL');
    await ended;
  }

  #heard(message: FuzzMessage): void {
    if (message.kind === 'begins') {
      this.#latest.push(message.seed);
      if (this.#latest.length > LATEST) this.#latest.shift();
    } else if (message.kind === 'broken') this.#fail(`seed ${message.seed}: ${message.why}`);
    else {
      this.#settle?.resolve(message.report);
      this.#settle = null;
    }
  }

  #fail(why: string): void {
    this.#broken ??= new Error(`${this.#name}: ${why}`);
    this.#settle?.reject(this.#broken);
    this.#settle = null;
  }
}
