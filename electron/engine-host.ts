import { MessageChannelMain, type MessagePortMain, type UtilityProcess, utilityProcess } from 'electron';
import type { LogSet } from '#engine/disk-set.ts';
import type { EngineOptions } from '#engine/engine.ts';
import { encodeStart, type FromEngine, type ToEngine } from './engine-messages.ts';

/** How long the engine may take to end before it is killed. */
const END_LIMIT_MS = 3_000;

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
