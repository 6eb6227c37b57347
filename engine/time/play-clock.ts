/**
 * Where a playback stands on the session's clock. Wall times are ms of a monotonic clock. Every position follows from one
 * anchor, so that nothing drifts.
 */
export class PlayClock {
  #anchorUs = Number.NaN;
  #anchorMs = 0;
  #speed = 1;
  #running = false;

  /** The position at `wallMs`, µs since the epoch; NaN while it stands nowhere. */
  at(wallMs: number): number {
    if (!this.#running) return this.#anchorUs;
    return this.#anchorUs + Math.max(0, wallMs - this.#anchorMs) * 1000 * this.#speed;
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

  /** @param speed seconds of the history in one second of wall time; at 0 it moves only by {@link set}. */
  setSpeed(speed: number, wallMs: number): void {
    this.set(this.at(wallMs), wallMs);
    this.#speed = speed;
  }
}
