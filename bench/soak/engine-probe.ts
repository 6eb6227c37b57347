import { readdirSync, readFileSync } from 'node:fs';
import * as v from 'valibot';
import { WebSocket } from 'ws';

const MIB = 1024 * 1024;

const bytes = v.pipe(v.number(), v.integer(), v.minValue(0));
/** What the inspector answers when it is asked for `process.memoryUsage()`. */
const MEMORY = v.object({
  result: v.object({
    result: v.object({
      value: v.object({
        rss: bytes,
        heapTotal: bytes,
        heapUsed: bytes,
        external: bytes,
        arrayBuffers: bytes,
      }),
    }),
  }),
});

/** What the engine's process takes; memory in MiB, the heap's after a collection. */
export interface EngineUse {
  readonly rssMib: number;
  readonly heapMib: number;
  /** What lies in buffers outside the heap: disks, history, pictures. */
  readonly buffersMib: number;
  readonly openFiles: number;
  readonly threads: number;
}

/** Asks the engine's process by Node's inspector, and the system about it. */
export class EngineProbe {
  readonly #socket: WebSocket;
  readonly #pid: number;
  readonly #waiting = new Map<number, (answer: unknown) => void>();
  #asked = 0;

  private constructor(socket: WebSocket, pid: number) {
    this.#socket = socket;
    this.#pid = pid;
    socket.on('message', (data) => {
      const message: unknown = JSON.parse(String(data));
      if (typeof message !== 'object' || message === null || !('id' in message)) return;
      const id = Number(message.id);
      this.#waiting.get(id)?.(message);
      this.#waiting.delete(id);
    });
  }

  /** `url` is what Node prints with `--inspect`. Rejects when nobody answers there. */
  static async connect(url: string, pid: number): Promise<EngineProbe> {
    const socket = new WebSocket(url);
    await new Promise((done, fail) => {
      socket.once('open', done);
      socket.once('error', fail);
    });
    return new EngineProbe(socket, pid);
  }

  async measure(): Promise<EngineUse> {
    await this.#ask('HeapProfiler.collectGarbage', {});
    const memory = await this.#memory();
    return {
      rssMib: memory.rss / MIB,
      heapMib: memory.heapUsed / MIB,
      buffersMib: memory.arrayBuffers / MIB,
      openFiles: readdirSync(`/proc/${this.#pid}/fd`).length,
      threads: Number(/^Threads:\s+(\d+)/m.exec(readFileSync(`/proc/${this.#pid}/status`, 'utf8'))?.[1]),
    };
  }

  async #memory(): Promise<NodeJS.MemoryUsage> {
    const answer = await this.#ask('Runtime.evaluate', {
      expression: 'process.memoryUsage()',
      returnByValue: true,
    });
    return v.parse(MEMORY, answer).result.result.value;
  }

  close(): void {
    this.#socket.close();
  }

  #ask(method: string, params: object): Promise<unknown> {
    this.#asked += 1;
    const id = this.#asked;
    return new Promise((done) => {
      this.#waiting.set(id, done);
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }
}
