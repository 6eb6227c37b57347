/**
 * Measures a run of frames against WCAG 2.3.1: no more than three general or saturated-red flashes in any second over
 * more than a quarter of any 341 x 256 px. Taken strictly: a px counts from its seventh opposing change within a
 * second (three flashes are six), whatever its neighbours' phase.
 */

/** One frame: RGBA bytes as one 32-bit number a px, little-endian. */
export interface Frame {
  readonly pixels: Uint32Array;
  readonly timeMs: number;
}

export interface AnalyserOptions {
  readonly widthPx: number;
  readonly heightPx: number;
  /** Size of the window that is moved over the picture, px. */
  readonly windowWidthPx?: number;
  readonly windowHeightPx?: number;
}

export interface FlashReport {
  /** The largest share of any window that flashed more than three times in one second, 0 to 1. */
  readonly generalShare: number;
  readonly redShare: number;
  /** When that was, ms; null when nothing ever flashed so often. */
  readonly generalAtMs: number | null;
  readonly redAtMs: number | null;
  /** The most opposing changes that one px made in one second, counted up to {@link MOST_CHANGES}. */
  readonly mostChanges: number;
  readonly frames: number;
  /** Whether both shares are within a quarter. */
  readonly passes: boolean;
}

export const WINDOW_WIDTH_PX = 341;
export const WINDOW_HEIGHT_PX = 256;
/** A second, less what times of frames lose by rounding. */
const SECOND_MS = 999.99;
/** Three flashes: six opposing changes. */
const ALLOWED_CHANGES = 6;
const MOST_CHANGES = ALLOWED_CHANGES + 1;
const LARGEST_SHARE = 0.25;
/** A change of a tenth of the largest relative luminance, the darker side below 0.8, is half a general flash. */
const GENERAL_CHANGE = 0.1;
const DARKER_BELOW = 0.8;
/** A change of (R - G - B) x 320 by more than 20, a side with R / (R + G + B) of 0.8, is half a red flash. */
const RED_CHANGE = 20;
const RED_RATIO = 0.8;

const LINEAR = Float32Array.from({ length: 256 }, (_, i) => {
  const part = i / 255;
  return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
});

/** Counts opposing changes of one quantity for every px, and how much of the picture changes too often. */
class ChangeCounter {
  readonly #extreme: Float32Array;
  /** Whether the extreme was one that counts by itself: saturated red, or any for luminance. */
  readonly #strong: Uint8Array;
  readonly #direction: Int8Array;
  /** The last {@link MOST_CHANGES} changes of each px, a ring. */
  readonly #times: Float64Array;
  readonly #made: Uint32Array;
  readonly #tooOftenUntil: Float64Array;
  readonly #change: number;
  /** Set when a px exceeded in the frame at hand. */
  exceeded = false;
  mostChanges = 0;

  constructor(pixels: number, change: number) {
    this.#change = change;
    this.#extreme = new Float32Array(pixels);
    this.#strong = new Uint8Array(pixels);
    this.#direction = new Int8Array(pixels);
    this.#times = new Float64Array(pixels * MOST_CHANGES);
    this.#made = new Uint32Array(pixels);
    this.#tooOftenUntil = new Float64Array(pixels).fill(-1);
  }

  start(px: number, value: number, strong: boolean): void {
    this.#extreme[px] = value;
    this.#strong[px] = strong ? 1 : 0;
  }

  /** `darkest` is what the darker side must be below; infinity where that does not matter. */
  add(px: number, value: number, strong: boolean, timeMs: number, darkest: number): void {
    const extreme = this.#extreme[px] ?? 0;
    const direction = this.#direction[px] ?? 0;
    const step = value - extreme;
    if (direction !== 0 && Math.sign(step) === direction) {
      this.#extreme[px] = value;
      this.#strong[px] = strong ? 1 : 0;
      return;
    }
    if (Math.abs(step) < this.#change || Math.min(value, extreme) >= darkest) return;
    if (!strong && this.#strong[px] === 0) return;
    this.#direction[px] = Math.sign(step);
    this.#extreme[px] = value;
    this.#strong[px] = strong ? 1 : 0;
    this.#note(px, timeMs);
  }

  #note(px: number, timeMs: number): void {
    const made = this.#made[px] ?? 0;
    this.#times[px * MOST_CHANGES + (made % MOST_CHANGES)] = timeMs;
    this.#made[px] = made + 1;
    let recent = 0;
    for (let back = 0; back < Math.min(made + 1, MOST_CHANGES); back += 1) {
      const at = this.#times[px * MOST_CHANGES + ((made - back) % MOST_CHANGES)] ?? 0;
      if (timeMs - at >= SECOND_MS) break;
      recent = back + 1;
    }
    if (recent > this.mostChanges) this.mostChanges = recent;
    if (recent <= ALLOWED_CHANGES) return;
    const first = this.#times[px * MOST_CHANGES + ((made + 1) % MOST_CHANGES)] ?? 0;
    this.#tooOftenUntil[px] = first + SECOND_MS;
    this.exceeded = true;
  }

  tooOften(px: number, timeMs: number): boolean {
    return (this.#tooOftenUntil[px] ?? -1) > timeMs;
  }
}

/** The largest share of a window, moved over the picture by whole px, in which `flagged` holds. */
function largestShare(
  width: number,
  height: number,
  windowWidth: number,
  windowHeight: number,
  flagged: (px: number) => boolean,
): number {
  // A picture smaller than the window still fills only its own part of it.
  const across = Math.min(windowWidth, width);
  const down = Math.min(windowHeight, height);
  const stride = width + 1;
  const sums = new Uint32Array(stride * (height + 1));
  let most = 0;
  for (let y = 0; y < height; y += 1) {
    let line = 0;
    for (let x = 0; x < width; x += 1) {
      if (flagged(y * width + x)) line += 1;
      sums[(y + 1) * stride + x + 1] = (sums[y * stride + x + 1] ?? 0) + line;
    }
  }
  for (let y = down; y <= height; y += 1) {
    for (let x = across; x <= width; x += 1) {
      const sum =
        (sums[y * stride + x] ?? 0) -
        (sums[(y - down) * stride + x] ?? 0) -
        (sums[y * stride + x - across] ?? 0) +
        (sums[(y - down) * stride + x - across] ?? 0);
      if (sum > most) most = sum;
    }
  }
  return most / (windowWidth * windowHeight);
}

/** Takes frames one by one, in order of time, and says at the end how they fare. The frames' arrays are not kept. */
export class FlashAnalyser {
  readonly #options: Required<AnalyserOptions>;
  readonly #before: Uint32Array;
  readonly #general: ChangeCounter;
  readonly #red: ChangeCounter;
  #frames = 0;
  #generalShare = 0;
  #redShare = 0;
  #generalAtMs: number | null = null;
  #redAtMs: number | null = null;

  constructor(options: AnalyserOptions) {
    this.#options = { windowWidthPx: WINDOW_WIDTH_PX, windowHeightPx: WINDOW_HEIGHT_PX, ...options };
    const pixels = options.widthPx * options.heightPx;
    this.#before = new Uint32Array(pixels);
    this.#general = new ChangeCounter(pixels, GENERAL_CHANGE);
    this.#red = new ChangeCounter(pixels, RED_CHANGE);
  }

  push({ pixels, timeMs }: Frame): void {
    const first = this.#frames === 0;
    this.#frames += 1;
    this.#general.exceeded = false;
    this.#red.exceeded = false;
    const before = this.#before;
    for (let px = 0; px < before.length; px += 1) {
      const color = pixels[px] ?? 0;
      if (color === before[px] && !first) continue;
      before[px] = color;
      const red = LINEAR[color & 0xff] ?? 0;
      const green = LINEAR[(color >>> 8) & 0xff] ?? 0;
      const blue = LINEAR[(color >>> 16) & 0xff] ?? 0;
      const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
      const redness = Math.max(0, red - green - blue) * 320;
      const saturated = red > 0 && red / (red + green + blue) >= RED_RATIO;
      if (first) {
        this.#general.start(px, luminance, true);
        this.#red.start(px, redness, saturated);
      } else {
        this.#general.add(px, luminance, true, timeMs, DARKER_BELOW);
        this.#red.add(px, redness, saturated, timeMs, Number.POSITIVE_INFINITY);
      }
    }
    this.#measure(timeMs);
  }

  #measure(timeMs: number): void {
    const share = (counter: ChangeCounter): number => {
      if (!counter.exceeded) return 0;
      const { widthPx, heightPx, windowWidthPx, windowHeightPx } = this.#options;
      return largestShare(widthPx, heightPx, windowWidthPx, windowHeightPx, (px) =>
        counter.tooOften(px, timeMs),
      );
    };
    const general = share(this.#general);
    if (general > this.#generalShare) {
      this.#generalShare = general;
      this.#generalAtMs = timeMs;
    }
    const red = share(this.#red);
    if (red > this.#redShare) {
      this.#redShare = red;
      this.#redAtMs = timeMs;
    }
  }

  report(): FlashReport {
    return {
      generalShare: this.#generalShare,
      redShare: this.#redShare,
      generalAtMs: this.#generalAtMs,
      redAtMs: this.#redAtMs,
      mostChanges: Math.max(this.#general.mostChanges, this.#red.mostChanges),
      frames: this.#frames,
      passes: this.#generalShare <= LARGEST_SHARE && this.#redShare <= LARGEST_SHARE,
    };
  }
}

/** Measures a run of frames, in order of time. */
export function analyseFlashes(frames: Iterable<Frame>, options: AnalyserOptions): FlashReport {
  const analyser = new FlashAnalyser(options);
  for (const frame of frames) analyser.push(frame);
  return analyser.report();
}
