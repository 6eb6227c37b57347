import { resolve } from 'node:path';
import type { DiskFaults, FaultRule } from '#shared/contract/faults.ts';
import { Op } from '#shared/events/vocabulary.ts';
import { short } from '#shared/faults/words.ts';
import type { SessionState } from '#shared/model/session-state.ts';
import { shellLine } from '../nbdkit/shell-words.ts';
import { RefusedError } from '../refused-error.ts';
import type { Session } from '../session/session.ts';
import { CreatedFiles } from './created-files.ts';
import { ErrorFile } from './error-file.ts';
import type { FaultControl } from './fault-control.ts';
import type { FaultDesk } from './fault-desk.ts';
import { HiddenErrors } from './hidden-errors.ts';

/** How often traffic is looked at for errors that do not show. */
const SAMPLE_MS = 500;
/** A log whose clock is within this of the present is followed live, µs. */
const LIVE_US = 3_600_000_000;
/** What the error filter can fail. */
const FAILING_OPS: readonly number[] = [Op.Read, Op.Write, Op.Trim, Op.Zero];

/** What is known of the nbdkit behind a log. */
export interface LogNbdkit {
  /** The error filter's file; null when it has none. */
  readonly errorFile: string | null;
  /** Its command with `log` first, where it stands behind `error`; null otherwise, or when the command is not known. */
  readonly logFirstCommand: string | null;
}

interface SharedFile {
  readonly file: ErrorFile;
  users: number;
}

interface Attachment {
  readonly file: ErrorFile | null;
  readonly nbdkit: LogNbdkit;
  readonly controls: Map<number, LogDiskFaults>;
}

/**
 * The Error switches of logs: which file makes the nbdkit behind each log fail its requests. A log's disks share it, as
 * do logs that name the same file.
 */
export class LogFaults {
  readonly #session: Session;
  readonly #desk: FaultDesk;
  readonly #onChanged: () => void;
  readonly #created: CreatedFiles;
  readonly #files = new Map<string, SharedFile>();
  readonly #attached = new Map<number, Attachment>();
  #leftOvers: readonly string[];
  #timer: NodeJS.Timeout | null = null;

  /**
   * Removes the error files that an nbdscope left when it crashed.
   * @param onChanged called when a disk's faults stand otherwise.
   */
  constructor(stateDir: string, session: Session, desk: FaultDesk, onChanged: () => void) {
    this.#session = session;
    this.#desk = desk;
    this.#onChanged = onChanged;
    this.#created = new CreatedFiles(stateDir);
    this.#leftOvers = this.#created.removeLeftOvers();
  }

  /** Says which error files were removed that an nbdscope had left; once. */
  tellLeftOvers(): void {
    const removed = this.#leftOvers;
    this.#leftOvers = [];
    if (removed.length === 0) return;
    this.#session.notice(null, {
      key: 'left-over-error-files',
      level: 'info',
      text: `an nbdscope that did not end in good order had left ${removed.length === 1 ? 'an error file' : `${removed.length} error files`}, removed now`,
      detail: removed.join(', '),
    });
  }

  /** The error file of a log; null when none is known. */
  errorFileOf(source: number): string | null {
    return this.#attached.get(source)?.nbdkit.errorFile ?? null;
  }

  /** Says what makes the disks of a log fail, instead of what was said before. */
  async attach(source: number, nbdkit: LogNbdkit): Promise<void> {
    // In this order, so that a file which stays is not given back and taken again.
    const file = nbdkit.errorFile === null ? null : this.#use(nbdkit.errorFile);
    const former = this.#attached.get(source);
    this.#attached.set(source, { file, nbdkit, controls: new Map() });
    await Promise.all(this.#session.disksOf(source).map((disk) => this.diskCame(disk, source)));
    if (former?.file != null) await this.#release(former.file);
  }

  /** To be called when a source has found a disk. */
  async diskCame(disk: number, source: number): Promise<void> {
    const attachment = this.#attached.get(source);
    if (attachment === undefined) return;
    const { file, nbdkit, controls } = attachment;
    if (file === null && nbdkit.logFirstCommand === null) return this.#desk.remove(disk);
    const control = new LogDiskFaults(
      file,
      nbdkit.logFirstCommand,
      this.#session.sourceOf(source)?.path ?? null,
    );
    controls.set(disk, control);
    this.#setTimer();
    await this.#desk.add(disk, control);
    if (file?.state.on === true) this.#note(disk, `Error on: ${file.path} is there`, true);
    this.#onChanged();
  }

  /** To be called when a source has left the session. */
  async sourceGone(source: number): Promise<void> {
    const attachment = this.#attached.get(source);
    this.#attached.delete(source);
    this.#setTimer();
    if (attachment?.file != null) await this.#release(attachment.file);
  }

  /**
   * Says which file makes the log behind a disk fail; null forgets it.
   * @throws RefusedError when the disk is no log's, or the file is one that is read here.
   */
  async setErrorFile(disk: number, path: string | null): Promise<void> {
    const source = this.#session.sourceInfos().find(({ id }) => this.#session.disksOf(id).includes(disk));
    if (source === undefined) throw new RefusedError(`there is no disk ${disk}`);
    if (source.kind === 'host' || source.kind === 'sample') {
      throw new RefusedError(`${source.name} is not made to fail by a file; logs of nbdkit are`);
    }
    const absolute = path === null ? null : resolve(path);
    if (absolute?.includes('\0') === true) throw new RefusedError('the name of a file has no zero byte');
    if (absolute !== null && this.#session.sourceInfos().some((each) => each.path === absolute)) {
      throw new RefusedError(`${absolute} is a log that is open here; give the file that error-file= names`);
    }
    const known = this.#attached.get(source.id)?.nbdkit.logFirstCommand ?? null;
    await this.attach(source.id, { errorFile: absolute, logFirstCommand: known });
    this.#onChanged();
  }

  /** Gives back what is left: every file that was made here is gone afterwards. */
  async dispose(): Promise<void> {
    this.#attached.clear();
    this.#setTimer();
    const files = [...this.#files.values()];
    this.#files.clear();
    await Promise.all(files.map(({ file }) => file.dispose()));
  }

  #use(path: string): ErrorFile {
    const known = this.#files.get(path);
    if (known !== undefined) {
      known.users += 1;
      return known.file;
    }
    const file = new ErrorFile(path, this.#created);
    this.#files.set(path, { file, users: 1 });
    file.onChanged = (words) => this.#fileChanged(file, words);
    void file.start();
    return file;
  }

  async #release(file: ErrorFile): Promise<void> {
    const shared = this.#files.get(file.path);
    if (shared?.file !== file) return;
    shared.users -= 1;
    if (shared.users > 0) return;
    this.#files.delete(file.path);
    await file.dispose();
  }

  #fileChanged(file: ErrorFile, words: string | null): void {
    for (const { file: theirs, controls } of this.#attached.values()) {
      if (theirs !== file || words === null) continue;
      for (const disk of controls.keys()) this.#note(disk, words, file.state.on);
    }
    this.#onChanged();
  }

  #note(disk: number, words: string, on: boolean): void {
    if (!this.#session.hasDisk(disk)) return;
    const { clockUs } = this.#session.state;
    const nowUs = Date.now() * 1000;
    const timeUs = Math.abs(nowUs - clockUs) < LIVE_US ? nowUs : clockUs;
    this.#session.faultChanged(disk, { words: short(words), on, rules: [] }, timeUs);
  }

  #setTimer(): void {
    const needed = [...this.#attached.values()].some(({ controls }) => controls.size > 0);
    if (needed) {
      this.#timer ??= setInterval(() => this.#sample(), SAMPLE_MS);
    } else if (this.#timer !== null) {
      clearInterval(this.#timer);
      this.#timer = null;
    }
  }

  #sample(): void {
    const { state } = this.#session;
    const requests = state.disks.map((_disk, disk) => failingRequests(state, disk));
    const all = requests.reduce((sum, each) => sum + each, 0);
    const nowMs = performance.now();
    let changed = false;
    for (const { controls } of this.#attached.values()) {
      for (const [disk, control] of controls) {
        const own = requests[disk] ?? 0;
        const counters = state.disks[disk]?.counters;
        const alone = all === own;
        changed =
          control.observe({
            nowMs,
            on: control.isOn,
            requests: own,
            errors: sumOf(counters?.errors),
            elsewhere: alone ? null : all - own + (counters?.requests[Op.Flush] ?? 0),
          }) || changed;
      }
    }
    if (changed) this.#onChanged();
  }
}

function failingRequests(state: SessionState, disk: number): number {
  return sumOf(state.disks[disk]?.counters.requests);
}

function sumOf(counts: Float64Array | undefined): number {
  return FAILING_OPS.reduce((sum, op) => sum + (counts?.[op] ?? 0), 0);
}

/** One disk of a log: the Error switch that it shares with the log's other disks, and what its own traffic tells. */
class LogDiskFaults extends HiddenErrors implements FaultControl {
  readonly #file: ErrorFile | null;
  readonly #logFirstCommand: string | null;
  readonly #log: string | null;

  constructor(file: ErrorFile | null, logFirstCommand: string | null, log: string | null) {
    super();
    this.#file = file;
    this.#logFirstCommand = logFirstCommand;
    this.#log = log;
  }

  get isOn(): boolean {
    return this.#file?.state.on === true;
  }

  info(): DiskFaults {
    const file = this.#file;
    return {
      errorSwitch: file === null ? null : { ...file.state, file: file.path },
      takesRules: false,
      rules: [],
      hint: this.#hint(),
    };
  }

  async setError(on: boolean, removeForeign: boolean): Promise<void> {
    if (this.#file === null) {
      throw new RefusedError(
        'which file makes this disk fail is not known; name the one that error-file= names',
      );
    }
    await this.#file.set(on, removeForeign);
  }

  setRules(rules: readonly FaultRule[]): void {
    if (rules.length === 0) return;
    throw new RefusedError('a log only tells what an nbdkit did; a disk that is hosted here takes rules');
  }

  /** The file goes with the log, not with one of its disks. */
  dispose(): Promise<void> {
    return Promise.resolve();
  }

  #hint(): DiskFaults['hint'] {
    if (this.#logFirstCommand !== null) {
      return {
        text:
          'nbdkit runs with --filter=error before --filter=log: requests that it fails never reach the log, and the disk ' +
          'only falls silent. With log first they are shown.',
        command: this.#logFirstCommand,
      };
    }
    if (!this.suspected || this.#file === null) return null;
    const parameters = [
      ...(this.#log === null ? [] : [`logfile=${this.#log}`]),
      'error-rate=100%',
      `error-file=${this.#file.path}`,
    ];
    return {
      text:
        'Error is on, no request has been seen to fail, and the disk has fallen silent. With --filter=error before ' +
        '--filter=log nbdkit does not log the requests that it fails; with log first it does.',
      command: shellLine(['nbdkit', '--filter=log', '--filter=error', 'PLUGIN', ...parameters]),
    };
  }
}
