import { FASTEST, type Span } from '#shared/contract/time.ts';

/** A view that lags behind its clock by more than this has the clock wait: what it cannot show in time it shows later. */
const LAG_MS = 250;
/** Idle stretches that last longer than this on the wall are skipped. */
const IDLE_MS = 1_000;
/** How long marks may fade before an idle stretch is skipped, and how long what follows is waited for. */
const REST_MS = 400;

/**
 * Where a view stands on the session's clock, and how fast it moves there. Wall times are ms of a monotonic clock, positions µs
 * since the epoch. Every position follows from one anchor, so that nothing drifts.
 */
export class Pace {
  /** Whether idle stretches pass in a moment. */
  skipIdle = false;
  /** The only stretch that is played; null for all. */
  span: Span | null = null;
  #anchorUs = Number.NaN;
  #anchorMs = 0;
  #speed = 1;
  #running = false;

  /** Seconds of the history in one second of wall time; FASTEST: the clock follows the rows. */
  get speed(): number {
    return this.#speed;
  }

  /** Where playing ends; infinite without a span. */
  get endUs(): number {
    return this.span?.toUs ?? Number.POSITIVE_INFINITY;
  }

  /** The position at `wallMs`; NaN while no time is known. */
  at(wallMs: number): number {
    if (!this.#running || this.#speed === FASTEST) return this.#anchorUs;
    return this.#anchorUs + Math.max(0, wallMs - this.#anchorMs) * this.#usPerMs;
  }

  set(positionUs: number, wallMs: number): void {
    this.#anchorUs = positionUs;
    this.#anchorMs = wallMs;
  }

  run(running: boolean, wallMs: number): void {
    if (running === this.#running) return;
    this.set(this.at(wallMs), wallMs);
    this.#running = running;
  }

  setSpeed(speed: number, wallMs: number): void {
    this.set(this.at(wallMs), wallMs);
    this.#speed = speed;
  }

  /**
   * Starts the clock at the first time there is, has it wait for rows that could not be shown in time, and skips what is idle.
   * @param nextUs clock of the next row; NaN or null where that is not known.
   * @param shownUs clock of the last row that is shown.
   * @returns whether it has moved.
   */
  keep(nextUs: number | null, shownUs: number, wallMs: number): boolean {
    if (nextUs === null || Number.isNaN(nextUs) || this.#speed === FASTEST) return false;
    const positionUs = this.at(wallMs);
    if (Number.isNaN(positionUs)) {
      this.set(nextUs, wallMs);
      return true;
    }
    const lagUs = LAG_MS * this.#usPerMs;
    if (positionUs - nextUs > lagUs) this.set(nextUs + lagUs, wallMs);
    const restUs = REST_MS * this.#usPerMs;
    const dueUs = Math.min(nextUs, this.endUs);
    const isIdle = dueUs - positionUs > IDLE_MS * this.#usPerMs && !(positionUs - shownUs < restUs);
    if (!this.skipIdle || !isIdle) return false;
    this.set(dueUs - restUs, wallMs);
    return true;
  }

  /** Up to which clock rows are to be shown. */
  dueUs(wallMs: number): number {
    const positionUs = this.#speed === FASTEST ? Number.POSITIVE_INFINITY : this.at(wallMs);
    // Where no time is known, rows without one are due all the same.
    return Math.min(Number.isNaN(positionUs) ? Number.NEGATIVE_INFINITY : positionUs, this.endUs);
  }

  /** Whether the span is over. */
  isOver(wallMs: number): boolean {
    return this.at(wallMs) >= this.endUs;
  }

  /** Ms of wall time until a row of that clock is due, or the span is over. */
  untilMs(nextUs: number, wallMs: number): number {
    return (Math.min(nextUs, this.endUs) - this.at(wallMs)) / this.#usPerMs;
  }

  get #usPerMs(): number {
    return 1000 * this.#speed;
  }
}
