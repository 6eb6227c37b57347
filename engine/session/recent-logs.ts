import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';

const MOST = 12;

const FileSchema = v.object({
  version: v.literal(1),
  logs: v.array(v.object({ path: v.string(), openedMs: v.number() })),
});

export interface RecentLog {
  readonly path: string;
  readonly openedMs: number;
}

/** Logs opened before, latest first, kept in the state directory. A damaged file counts as an empty one. */
export class RecentLogs {
  readonly #file: string;
  #logs: readonly RecentLog[];

  constructor(stateDir: string) {
    this.#file = join(stateDir, 'recent-logs.json');
    this.#logs = readLogs(this.#file);
  }

  get logs(): readonly RecentLog[] {
    return this.#logs;
  }

  note(path: string): void {
    const others = this.#logs.filter((log) => log.path !== path);
    this.#logs = [{ path, openedMs: Date.now() }, ...others].slice(0, MOST);
    this.#save();
  }

  forget(): void {
    this.#logs = [];
    this.#save();
  }

  /** A list that cannot be written is no reason to stop: it lives on in memory. */
  #save(): void {
    const temporary = `${this.#file}.${process.pid}`;
    try {
      mkdirSync(join(this.#file, '..'), { recursive: true, mode: 0o700 });
      writeFileSync(temporary, JSON.stringify({ version: 1, logs: this.#logs }), { mode: 0o600 });
      renameSync(temporary, this.#file);
    } catch {
      // Read-only home or full disk: nothing a person must act on.
    }
  }
}

function readLogs(file: string): readonly RecentLog[] {
  try {
    const parsed = v.safeParse(FileSchema, JSON.parse(readFileSync(file, 'utf8')));
    return parsed.success ? parsed.output.logs.slice(0, MOST) : [];
  } catch {
    return [];
  }
}
