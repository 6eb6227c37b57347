import type { DiskAtStake } from '#engine/hosted-disks.ts';
import { lostWords } from '#engine/lost-words.ts';
import { type LeaveChoice, type LeaveQuestion, leaveQuestion } from './leave-question.ts';

/** What leaving takes, each step carried out by the shell. */
export interface LeavingSteps {
  /** The hosted disks that are not to be ended without asking; null when the engine does not tell. */
  readonly atStake: () => Promise<readonly DiskAtStake[] | null>;
  readonly ask: (question: LeaveQuestion) => Promise<LeaveChoice>;
  /** Has a disk saved where the person says; false when it was not. */
  readonly save: (disk: DiskAtStake) => Promise<boolean>;
  /** Gives back what the engine holds. */
  readonly end: () => Promise<void>;
  /** Tells whoever started the app from a terminal. */
  readonly say: (text: string) => void;
  /** Ends the app, which does not ask again. */
  readonly quit: () => void;
}

/** How the app ends: nothing that was written to a hosted disk is lost without a question. */
export class Leaving {
  readonly #steps: LeavingSteps;
  #asking = false;
  #told = false;
  #ending = false;
  #over = false;

  constructor(steps: LeavingSteps) {
    this.#steps = steps;
  }

  /** Whether all is given back, so that windows and the app may end. */
  get over(): boolean {
    return this.#over;
  }

  /** To be called when the app is to end: asks where something would be lost, then ends it or not. */
  async leave(): Promise<void> {
    if (this.#asking || this.#ending) return;
    this.#asking = true;
    try {
      if (await this.#mayEnd()) await this.now();
    } finally {
      this.#asking = false;
    }
  }

  /** To be called when a program or Ctrl-C ends the app: nothing is asked, and what is lost is told. */
  async told(): Promise<void> {
    if (this.#told) return;
    this.#told = true;
    const disks = (await this.#steps.atStake()) ?? [];
    const lost = lostWords(disks.flatMap(({ unsaved, name }) => (unsaved ? [name] : [])));
    if (lost !== null && !this.#ending) this.#steps.say(lost);
    await this.now();
  }

  /** Ends the app without a question. */
  async now(): Promise<void> {
    if (this.#ending) return;
    this.#ending = true;
    try {
      await this.#steps.end();
    } finally {
      this.#over = true;
      this.#steps.quit();
    }
  }

  async #mayEnd(): Promise<boolean> {
    let disks = await this.#steps.atStake();
    for (;;) {
      const question = leaveQuestion(disks);
      const choice = question === null ? 'leave' : await this.#steps.ask(question);
      if (choice !== 'save') return choice === 'leave';
      for (const disk of disks ?? []) if (disk.unsaved && !(await this.#steps.save(disk))) return false;
      // Of clients it has been told already; what was written meanwhile, or a save that was broken off, it has not.
      const left = await this.#steps.atStake();
      disks = left === null ? null : left.filter(({ unsaved }) => unsaved);
    }
  }
}
