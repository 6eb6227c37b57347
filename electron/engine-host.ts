import { MessageChannelMain, type MessagePortMain, type UtilityProcess, utilityProcess } from 'electron';
import type { CompareRequest } from '#engine/compare/comparison.ts';
import type { LogSet } from '#engine/disk-set.ts';
import type { EngineOptions } from '#engine/engine.ts';
import type { DiskAtStake } from '#engine/hosted-disks.ts';
import { encodeStart, type FromEngine, type ToEngine } from './engine-messages.ts';

/** How long the engine may take to end before it is killed. */
const END_LIMIT_MS = 3_000;

/** How long the engine may take to say what is at stake. */
const ANSWER_LIMIT_MS = 3_000;

/** The engine's process seen from the shell: started once, ended within a bound, its crash told. */
export class EngineHost {
  /** Called once when the process ends without having been told to; with its exit code. */
  onCrash: (exitCode: number) => void = () => {};
  readonly #process: UtilityProcess;
  #ending = false;
  #exited = false;

  constructor(modulePath: string, options: Omit<EngineOptions, 'host'>) {
    this.#process = utilityProcess.fork(modulePath, [encodeStart(options)], {
      serviceName: 'nbdscope engine',
      stdio: 'inherit',
    });
    this.#process.once('exit', (exitCode) => {
      this.#exited = true;
      if (!this.#ending) this.onCrash(exitCode);
    });
  }

  /** A port to the engine for a window. */
  connect(): MessagePortMain {
    const { port1, port2 } = new MessageChannelMain();
    this.#tell({ kind: 'window' }, [port1]);
    return port2;
  }

  open(logs: readonly string[], sizeBytes: bigint | null): void {
    this.#tell({ kind: 'open', logs, sizeBytes });
  }

  openSet(set: LogSet): void {
    this.#tell({ kind: 'open-set', set });
  }

  compare(request: CompareRequest): void {
    this.#tell({ kind: 'compare', request });
  }

  addCaptions(path: string): void {
    this.#tell({ kind: 'captions', path });
  }

  /** Says where the disks of the logs can be read that are opened next, log by log. */
  expectImages(images: readonly string[]): void {
    this.#tell({ kind: 'images', images });
  }

  /** Records what is open, and goes on with it, to a capture. */
  record(path: string): void {
    this.#tell({ kind: 'record', path });
  }

  /** Hands on standard input, a chunk at a time as the engine takes it. */
  openStdin(stream: NodeJS.ReadStream, sizeBytes: bigint | null): void {
    stream.on('data', (bytes: Buffer | string) => {
      stream.pause();
      this.#tell({ kind: 'stdin-bytes', bytes: new Uint8Array(Buffer.from(bytes)) });
    });
    stream.on('end', () => this.#tell({ kind: 'stdin-end' }));
    stream.pause();
    this.#process.on('message', (message: FromEngine) => {
      if (message.kind === 'stdin-more') stream.resume();
    });
    this.#tell({ kind: 'stdin', sizeBytes });
  }

  /** The hosted disks that are not to be ended without asking; null when the engine does not tell in time. */
  atStake(): Promise<readonly DiskAtStake[] | null> {
    if (this.#exited) return Promise.resolve([]);
    return this.#answer(
      { kind: 'at-stake' },
      (message) => (message.kind === 'at-stake' ? message.disks : undefined),
      null,
      ANSWER_LIMIT_MS,
    );
  }

  /** Saves a hosted disk as an image, over what is there. Resolves to what went wrong, null for nothing. */
  save(source: number, path: string): Promise<string | null> {
    return this.#answer(
      { kind: 'save', source, path },
      (message) => (message.kind === 'saved' && message.source === source ? message.problem : undefined),
      'The engine has ended.',
    );
  }

  /**
   * Asks the engine something. Resolves to what `read` makes of its answer, or to `otherwise` when it ends or takes too
   * long.
   * @param read gives undefined for messages that are no answer to this.
   */
  #answer<T>(
    question: ToEngine,
    read: (message: FromEngine) => T | undefined,
    otherwise: T,
    limitMs?: number,
  ): Promise<T> {
    return new Promise((resolve) => {
      const settle = (answer: T): void => {
        clearTimeout(timer);
        this.#process.off('message', onMessage);
        this.#process.off('exit', onExit);
        resolve(answer);
      };
      const onMessage = (message: FromEngine): void => {
        const answer = read(message);
        if (answer !== undefined) settle(answer);
      };
      const onExit = (): void => settle(otherwise);
      const timer = limitMs === undefined ? undefined : setTimeout(onExit, limitMs);
      this.#process.on('message', onMessage);
      this.#process.once('exit', onExit);
      this.#tell(question);
      if (this.#exited) onExit();
    });
  }

  /** Lets the engine give back what it holds; kills it when that takes too long. Resolves when it is gone. */
  end(): Promise<void> {
    this.#ending = true;
    if (this.#exited) return Promise.resolve();
    return new Promise((resolve) => {
      const killTimer = setTimeout(() => this.#process.kill(), END_LIMIT_MS);
      this.#process.once('exit', () => {
        clearTimeout(killTimer);
        resolve();
      });
      this.#tell({ kind: 'dispose' });
    });
  }

  #tell(message: ToEngine, ports: MessagePortMain[] = []): void {
    if (!this.#exited) this.#process.postMessage(message, ports);
  }
}
