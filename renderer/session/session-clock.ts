import { READ_TOTAL_MS } from '../grid/fade.ts';

/** How far past the last row the time of an ended session runs, so that the last marks can fade, ms of wall time. */
export const SETTLE_MS = READ_TOTAL_MS + 200;

/**
 * An estimate of the session's time between rows. Wall times are ms of a monotonic clock (`performance.now()`),
 * session times µs since the epoch. Between observations time passes at `speed` session seconds per second of wall;
 * it never goes back except by {@link SessionClock.reset}.
 */
export class SessionClock {
  #anchorUs = Number.NaN;
  #anchorWallMs = 0;
  #speed = 1;
  /** running: time passes; settling: it passes a little longer and then stands; standing: it stands. */
  #motion: 'running' | 'settling' | 'standing' = 'running';
  #settleFromMs = 0;

  get speed(): number {
    return this.#speed;
  }

  /** The state was replaced: forgets what was and begins at `clockUs` (NaN: no time is known yet). */
  reset(clockUs: number, wallMs: number): void {
    this.#anchorUs = clockUs;
    this.#anchorWallMs = wallMs;
    this.#settleFromMs = wallMs;
  }

  /** Rows or what is played have reached `clockUs`. Where the estimate is ahead already, it stays. */
  observe(clockUs: number, wallMs: number): void {
    if (Number.isNaN(clockUs)) return;
    const estimateUs = this.nowUs(wallMs);
    this.#anchorUs = Number.isNaN(estimateUs) ? clockUs : Math.max(estimateUs, clockUs);
    this.#anchorWallMs = wallMs;
    this.#settleFromMs = wallMs;
  }

  /** Sets how time passes from `wallMs` on. */
  setMotion(motion: 'running' | 'settling' | 'standing', speed: number, wallMs: number): void {
    if (motion === this.#motion && speed === this.#speed) return;
    this.#anchorUs = this.nowUs(wallMs);
    this.#anchorWallMs = wallMs;
    if (motion !== this.#motion) this.#settleFromMs = wallMs;
    this.#motion = motion;
    this.#speed = speed;
  }

  /** Session time at `wallMs`; NaN before any time is known. */
  nowUs(wallMs: number): number {
    if (this.#motion === 'standing') return this.#anchorUs;
    const untilMs = this.#motion === 'settling' ? Math.min(wallMs, this.#settleFromMs + SETTLE_MS) : wallMs;
    return this.#anchorUs + Math.max(0, untilMs - this.#anchorWallMs) * 1000 * this.#speed;
  }
}
