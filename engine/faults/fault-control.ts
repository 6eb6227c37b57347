import type { DiskFaults, FaultChange, FaultRule } from '#shared/contract/faults.ts';

/** What makes one disk of the session fail: a hosted disk's own filters, or the file that nbdkit's error filter looks for. */
export interface FaultControl {
  /** How things stand; cheap, as it is asked several times a second. */
  info(): DiskFaults;
  /**
   * Turns the Error switch.
   * @throws RefusedError saying why it cannot be, and what could.
   */
  setError(on: boolean, removeForeign: boolean): Promise<void>;
  /**
   * Puts these rules in the place of those before.
   * @throws RefusedError when the disk takes none, or a range lies outside it.
   */
  setRules(rules: readonly FaultRule[]): void;
  /** Gives back timers, watchers and, for a file of ours, the file. */
  dispose(): Promise<void>;
}

/** Told when a person changed what fails. */
export type OnFaultsChanged = (change: FaultChange) => void;
