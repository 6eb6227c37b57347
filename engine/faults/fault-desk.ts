import { type DiskFaults, type FaultRule, NO_FAULTS } from '#shared/contract/faults.ts';
import { RefusedError } from '../refused-error.ts';
import type { FaultControl } from './fault-control.ts';

/** What makes the disks of a session fail, by the number of the disk. A disk without a control cannot be made to. */
export class FaultDesk {
  readonly #controls = new Map<number, FaultControl>();

  /** Gives a disk its control, which is the desk's from now on; one that it had before is disposed of. */
  async add(disk: number, control: FaultControl): Promise<void> {
    const former = this.#controls.get(disk);
    this.#controls.set(disk, control);
    await former?.dispose();
  }

  /** Disposes of a disk's control, if it has one. */
  async remove(disk: number): Promise<void> {
    const control = this.#controls.get(disk);
    this.#controls.delete(disk);
    await control?.dispose();
  }

  get(disk: number): FaultControl | null {
    return this.#controls.get(disk) ?? null;
  }

  /** How a disk's faults stand. */
  info(disk: number): DiskFaults {
    return this.#controls.get(disk)?.info() ?? NO_FAULTS;
  }

  /** Turns a disk's Error switch. @throws RefusedError when it has none, or it cannot be turned. */
  async setError(disk: number, on: boolean, removeForeign: boolean): Promise<void> {
    await this.#controlOf(disk).setError(on, removeForeign);
  }

  /** Puts these rules in the place of a disk's rules before. @throws RefusedError when it takes none, or not these. */
  setRules(disk: number, rules: readonly FaultRule[]): void {
    this.#controlOf(disk).setRules(rules);
  }

  async dispose(): Promise<void> {
    await Promise.all([...this.#controls.keys()].map((disk) => this.remove(disk)));
  }

  #controlOf(disk: number): FaultControl {
    const control = this.#controls.get(disk);
    if (control !== undefined) return control;
    throw new RefusedError(
      `disk ${disk} cannot be made to fail from here; a disk hosted here can, and a log whose error file is known`,
    );
  }
}
