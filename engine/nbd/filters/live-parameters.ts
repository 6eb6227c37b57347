import { CowFilter } from './cow-filter.ts';
import { DelayFilter } from './delay-filter.ts';
import { ErrorFilter } from './error-filter.ts';
import { ParameterError, readFileName } from './parameters.ts';
import { ReadonlyFilter } from './readonly-filter.ts';
import { type DiskRequest, type DiskStack, filterTaking, kindOf } from './stack.ts';

/** A filter's parameter as it is now, for people to see. */
export interface LiveParameter {
  readonly filter: string;
  readonly key: string;
  readonly value: string;
}

/**
 * The parameters of a disk's filters while clients use it. As on a command line a later one overrides an earlier one
 * where both name the same operation; one that is put out of force uncovers what it overrode.
 */
export class LiveParameters {
  readonly #disk: DiskStack;
  /** In the order in which they were set. */
  readonly #values = new Map<string, string>();
  #readOnly: boolean;

  /** @param disk built from `request`. */
  constructor(disk: DiskStack, request: DiskRequest) {
    this.#disk = disk;
    for (const [key, value] of request.parameters) {
      if (filterTaking(key) !== null) this.#remember(key, value);
    }
    const named = request.filters.filter((name) => name === 'readonly').length;
    // A readonly filter named for its file protects while the file exists; any other protects always.
    const forFile = !request.addFilters && this.#values.has('readonly-file') ? 1 : 0;
    this.#readOnly = named > forFile;
    this.#applyReadOnly();
  }

  /** Whether the disk is protected from writing whatever the file of `readonly-file` says. */
  get readOnly(): boolean {
    return this.#readOnly;
  }

  /** @throws Error when the disk itself cannot be written. */
  set readOnly(on: boolean) {
    if (
      !on &&
      this.#disk.plugin.backend.readOnly &&
      !this.#disk.filters.some((each) => each instanceof CowFilter)
    ) {
      throw new Error(`${this.#disk.plugin.words} is open for reading only; host it anew to write to it`);
    }
    this.#readOnly = on;
    this.#applyReadOnly();
  }

  /**
   * Sets a parameter for the requests that come after; an empty value puts it out of force.
   * @throws ParameterError when there is no such parameter, or the value will not do; then nothing has changed.
   */
  set(key: string, value: string): void {
    const kind = filterTaking(key);
    if (kind === null) throw new ParameterError(key, value, 'no filter has this parameter');
    if (kind === 'log' || kind === 'cow') {
      throw new ParameterError(key, value, `the ${kind} is chosen when the disk is hosted and stays so`);
    }
    if (value === '') {
      this.#values.delete(key);
      this.#applyAll();
      return;
    }
    if (kind === 'readonly') readFileName(key, value);
    for (const filter of this.#disk.filters) {
      if (kindOf(filter) === kind) filter.configure(key, value);
    }
    this.#remember(key, value);
    this.#applyReadOnly();
  }

  /** All in force, the outermost filter first. */
  list(): LiveParameter[] {
    const kinds = new Set(this.#disk.filters.map(kindOf));
    return [...kinds].flatMap((filter) =>
      [...this.#values]
        .filter(([key]) => filterTaking(key) === filter)
        .map(([key, value]) => ({ filter, key, value })),
    );
  }

  #remember(key: string, value: string): void {
    this.#values.delete(key);
    this.#values.set(key, value);
  }

  #applyAll(): void {
    for (const filter of this.#disk.filters) {
      if (!(filter instanceof DelayFilter || filter instanceof ErrorFilter)) continue;
      filter.reset();
      for (const [key, value] of this.#values) {
        if (filterTaking(key) === kindOf(filter)) filter.configure(key, value);
      }
    }
    this.#applyReadOnly();
  }

  #applyReadOnly(): void {
    const file = this.#values.get('readonly-file');
    for (const filter of this.#disk.filters) {
      if (!(filter instanceof ReadonlyFilter)) continue;
      filter.enabled = this.#readOnly || file !== undefined;
      if (file === undefined || this.#readOnly) filter.forgetFile();
      else filter.configure('readonly-file', file);
    }
  }
}
