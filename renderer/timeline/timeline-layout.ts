/** Where the parts of the timeline stand, from its top, in CSS px. */

export interface Band {
  readonly topPx: number;
  readonly heightPx: number;
}

/** One histogram, with the line under it that says where requests failed. */
export interface LaneBand extends Band {
  readonly errors: Band;
}

export interface TimelineLayout {
  readonly heightPx: number;
  /** Marks, captions and, where they have no band of their own, the moments. */
  readonly flags: Band;
  readonly lanes: readonly LaneBand[];
  /** Null where there is no room for it. */
  readonly latency: Band | null;
  readonly depth: Band | null;
  readonly ticks: Band;
}

const FLAGS_PX = 16;
const TICKS_PX = 14;
const GAP_PX = 2;
const ERRORS_PX = 3;
/** Bars of one histogram for all, with its line of errors. */
const TALL_PX = 36;
const TALL_COMPACT_PX = 22;
/** All lanes together take no more, however many disks there are. */
const MOST_LANES_PX = 136;
const MOST_LANES_COMPACT_PX = 48;
const LANE_PX = 15;
const LEAST_LANE_PX = 2;
const LATENCY_PX = 14;
const DEPTH_PX = 12;

/** The parts of a timeline with so many lanes; `compact` leaves out what a low or narrow window has no room for. */
export function timelineLayout(lanes: number, compact: boolean): TimelineLayout {
  let topPx = 0;
  const band = (heightPx: number): Band => {
    const made = { topPx, heightPx };
    topPx += heightPx;
    return made;
  };
  const flags = band(FLAGS_PX);
  const lanePx = laneHeightPx(lanes, compact);
  const errorsPx = lanePx >= LANE_PX - GAP_PX ? ERRORS_PX : lanePx >= 6 ? 2 : 1;
  const laneBands: LaneBand[] = [];
  for (let lane = 0; lane < lanes; lane += 1) {
    const bars = band(lanePx - errorsPx);
    laneBands.push({ ...bars, errors: band(errorsPx) });
    if (lanes > 1 && lanePx > 4) topPx += 1;
  }
  topPx += GAP_PX;
  const latency = compact ? null : band(LATENCY_PX);
  if (latency !== null) topPx += GAP_PX;
  const depth = compact ? null : band(DEPTH_PX);
  const ticks = band(TICKS_PX);
  return { heightPx: topPx, flags, lanes: laneBands, latency, depth, ticks };
}

function laneHeightPx(lanes: number, compact: boolean): number {
  if (lanes <= 1) return compact ? TALL_COMPACT_PX : TALL_PX;
  const most = compact ? MOST_LANES_COMPACT_PX : MOST_LANES_PX;
  return Math.max(LEAST_LANE_PX, Math.min(LANE_PX, Math.floor(most / lanes) - 1));
}
