import type { NbdkitInfo } from '#shared/contract/messages.ts';
import { RefusedError } from '../refused-error.ts';
import type { NbdkitProcess } from './nbdkit-process.ts';

/** The nbdkits that were started by one engine, by the number of the source that follows their log. */
export class RunningNbdkits {
  readonly #processes = new Map<number, NbdkitProcess>();

  /** Whether any of them serves. */
  get running(): boolean {
    return [...this.#processes.values()].some((nbdkit) => nbdkit.running);
  }

  add(source: number, nbdkit: NbdkitProcess): void {
    this.#processes.set(source, nbdkit);
  }

  isRunning(source: number): boolean {
    return this.#processes.get(source)?.running === true;
  }

  info(source: number): NbdkitInfo | null {
    return this.#processes.get(source)?.info() ?? null;
  }

  /** Ends one; its log and picture stay. @throws RefusedError when there is none of that number. */
  async stop(source: number): Promise<void> {
    const nbdkit = this.#processes.get(source);
    if (nbdkit === undefined) throw new RefusedError(`no nbdkit was started here as source ${source}`);
    await nbdkit.stop();
  }

  /** To be called when its source has left the session: it ends, and its log goes. */
  async sourceGone(source: number): Promise<void> {
    const nbdkit = this.#processes.get(source);
    this.#processes.delete(source);
    await nbdkit?.dispose();
  }

  async dispose(): Promise<void> {
    await Promise.all([...this.#processes.keys()].map((source) => this.sourceGone(source)));
  }
}
