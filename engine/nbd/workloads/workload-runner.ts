import type { Workload } from '#shared/contract/commands.ts';
import type { SourceNotice } from '../../session/source.ts';
import { NbdClient } from '../client/nbd-client.ts';
import type { HostAddress } from '../host-address.ts';
import type { NbdServer } from '../server.ts';
import { copy } from './copy.ts';
import { logStructured } from './log-structured.ts';
import { partitionTable } from './partition-table.ts';
import { randomRead } from './random-read.ts';
import { randomWrite } from './random-write.ts';
import { sequentialRead } from './sequential-read.ts';
import { sequentialWrite } from './sequential-write.ts';
import { trim } from './trim.ts';
import { updateInPlace } from './update-in-place.ts';
import { DEPTH, WorkloadRun } from './workload-run.ts';

/** The workloads by name; each returns when its last request is answered. */
export const WORKLOAD_FUNCTIONS: Readonly<Record<Workload, (run: WorkloadRun) => Promise<void>>> = {
  'sequential-write': sequentialWrite,
  'sequential-read': sequentialRead,
  'random-write': randomWrite,
  'random-read': randomRead,
  copy,
  trim,
  'partition-table': partitionTable,
  'log-structured': logStructured,
  'update-in-place': updateInPlace,
};

const READING: readonly Workload[] = ['sequential-read', 'random-read'];

/** How often a connection is made anew when others connect in the same moment, so that ours cannot be told from them. */
const CONNECT_ATTEMPTS = 5;

interface Running {
  readonly name: Workload;
  readonly abort: AbortController;
  readonly client: NbdClient;
  readonly connection: number;
  readonly run: WorkloadRun;
  readonly ended: Promise<void>;
}

/** A workload as a sentence has it. */
function inWords(name: Workload): string {
  return name.replaceAll('-', ' ');
}

/** The built-in client of one hosted disk: runs one workload at a time, through the server's own socket. */
export class WorkloadRunner {
  readonly #server: NbdServer;
  readonly #address: HostAddress;
  readonly #exportName: string;
  readonly #notice: (notice: SourceNotice) => void;
  #running: Running | null = null;
  #starting = false;

  constructor(
    server: NbdServer,
    address: HostAddress,
    exportName: string,
    notice: (notice: SourceNotice) => void,
  ) {
    this.#server = server;
    this.#address = address;
    this.#exportName = exportName;
    this.#notice = notice;
  }

  /** The workload that runs, and how much of it is done, 0 to 1. */
  get running(): { readonly name: Workload; readonly done: number } | null {
    const running = this.#running;
    return running === null ? null : { name: running.name, done: running.run.done };
  }

  /** The server's number of the built-in client. */
  get connection(): number | null {
    return this.#running?.connection ?? null;
  }

  /** Connects and begins. @throws Error when a workload runs already, the disk is read-only or cannot be reached. */
  async start(name: Workload): Promise<void> {
    const current = this.#running?.name;
    if (current !== undefined)
      throw new Error(`${inWords(current)} runs on this disk already; stop it first`);
    if (this.#starting) throw new Error('a workload is about to run on this disk already');
    this.#starting = true;
    try {
      const { client, connection } = await this.#connect();
      if (client.readOnly && !READING.includes(name)) {
        await client.disconnect();
        throw new Error(`the disk is read-only; ${READING.map(inWords).join(' and ')} can run on it`);
      }
      const abort = new AbortController();
      const run = new WorkloadRun(client, abort.signal);
      const ended = this.#finish(name, client, run, WORKLOAD_FUNCTIONS[name](run), abort.signal);
      this.#running = { name, abort, client, connection, run, ended };
    } finally {
      this.#starting = false;
    }
  }

  /** Ends what runs; requests in flight are not waited for. */
  async stop(): Promise<void> {
    const running = this.#running;
    if (running === null) return;
    running.abort.abort();
    await running.client.abandon();
    await running.ended;
  }

  async #finish(
    name: Workload,
    client: NbdClient,
    run: WorkloadRun,
    work: Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    try {
      await work;
    } catch (error) {
      if (!signal.aborted)
        this.#tell(`${inWords(name)} ended early: ${error instanceof Error ? error.message : error}`);
    }
    if (run.failures !== null && !signal.aborted) this.#tell(`${inWords(name)}: ${run.failures}`);
    await client.disconnect();
    this.#running = null;
  }

  #tell(text: string): void {
    this.#notice({ key: 'workload', level: 'warning', text, detail: null });
  }

  /** The client, and the number under which the server has it. */
  async #connect(): Promise<{ client: NbdClient; connection: number }> {
    const { socketPath, tcp } = this.#address;
    const where = tcp ?? { path: socketPath ?? '' };
    for (let attempt = 0; attempt < CONNECT_ATTEMPTS; attempt += 1) {
      const before = new Set(this.#server.connections.map(({ number }) => number));
      const client = await NbdClient.connect(where, this.#exportName, { depth: 2 * DEPTH });
      const since = this.#server.connections.filter(({ number }) => !before.has(number));
      const only = since[0];
      if (only !== undefined && since.length === 1) return { client, connection: only.number };
      await client.disconnect();
    }
    throw new Error('too many clients connect at once; try again');
  }
}
