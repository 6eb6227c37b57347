import { OP_COUNT } from '#shared/events/vocabulary.ts';
import type { HexColor, Theme } from '#shared/theme/theme.ts';
import { barHeightPx, columnsIn, divideBar, mostRequests } from './bars.ts';
import { fitWords } from './flags.ts';
import type { Pen } from './pen.ts';
import { xOf } from './time-window.ts';
import { columnUs, type LaneData, requestsIn, type TimelineData } from './timeline-data.ts';
import type { LaneBand } from './timeline-layout.ts';
import type { TimelineScene } from './timeline-scene.ts';

/** Columns narrower than this have no gap between them, CSS px. */
const GAP_FROM_PX = 3;
/** Lanes lower than this have no room for a name, CSS px. */
const NAME_FROM_PX = 10;
const MOST_NAME_PX = 96;

/** Draws the histograms: stacked by operation, and under each a line of where requests failed. */
export function paintLanes(pen: Pen, widthPx: number, scene: TimelineScene): void {
  const { data, lanes, layout, window } = scene;
  if (data !== null) {
    const shown = lanesOf(data, lanes);
    // One scale for all lanes: a disk that does less than the others looks it.
    const most = mostRequests(
      data,
      shown.flatMap((lane) => lane ?? []),
      window,
    );
    for (const [i, lane] of shown.entries()) {
      const band = layout.lanes[i];
      if (lane !== undefined && band !== undefined) paintLane(pen, widthPx, band, lane, most, data, scene);
    }
  }
  if (lanes === null) return;
  for (const [i, { name }] of lanes.entries()) {
    const band = layout.lanes[i];
    if (band !== undefined) paintName(pen, band, name, scene.theme);
  }
}

/** The data of each lane; undefined for a disk that the last answer does not know. */
function lanesOf(data: TimelineData, lanes: TimelineScene['lanes']): readonly (LaneData | undefined)[] {
  if (lanes === null) return [data.together];
  return lanes.map(({ disk }) => data.disks.find((lane) => lane.disk === disk));
}

function paintLane(
  pen: Pen,
  widthPx: number,
  band: LaneBand,
  lane: LaneData,
  most: number,
  data: TimelineData,
  { window, theme }: TimelineScene,
): void {
  const { context } = pen;
  const colors = colorsOf(theme);
  const [first, end] = columnsIn(data, window);
  const columnPx = xOf(window, widthPx, columnUs(data, 1)) - xOf(window, widthPx, columnUs(data, 0));
  const gap = columnPx >= GAP_FROM_PX ? pen.device(1) : 0;
  const top = pen.device(band.topPx);
  const foot = pen.device(band.topPx + band.heightPx);
  const full = foot - top;
  const errorTop = pen.device(band.errors.topPx);
  const errorFoot = pen.device(band.errors.topPx + band.errors.heightPx);
  const shares = new Uint16Array(OP_COUNT);
  for (let column = first; column < end; column += 1) {
    const requests = requestsIn(lane, column);
    if (requests === 0) continue;
    const x = pen.device(xOf(window, widthPx, columnUs(data, column)));
    const width = Math.max(1, pen.device(xOf(window, widthPx, columnUs(data, column + 1))) - x - gap);
    divideBar(lane, column, barHeightPx(requests, most, full, pen.device(1)), shares);
    let y = foot;
    for (let op = 0; op < OP_COUNT; op += 1) {
      const height = shares[op] ?? 0;
      if (height === 0) continue;
      y -= height;
      context.fillStyle = colors[op] ?? theme.chrome.mutedText;
      context.fillRect(x, y, width, height);
    }
    if ((lane.errors[column] ?? 0) === 0) continue;
    context.fillStyle = theme.grid.error;
    // However narrow its column is, a failure is as wide as can be seen.
    context.fillRect(x, errorTop, Math.max(width, pen.device(2)), errorFoot - errorTop);
  }
}

/** By Op. */
function colorsOf({ grid, chrome }: Theme): readonly HexColor[] {
  const other = chrome.mutedText;
  return [grid.read, grid.written, grid.trimmed, grid.zeroed, other, other, other];
}

function paintName(pen: Pen, band: LaneBand, name: string, theme: Theme): void {
  const heightPx = band.heightPx + band.errors.heightPx;
  if (heightPx < NAME_FROM_PX) return;
  const words = fitWords(name, MOST_NAME_PX, (text) => pen.textPx(text));
  pen.rect(0, band.topPx, pen.textPx(words) + 8, heightPx, theme.grid.ground, 0.8);
  pen.text(words, 4, band.topPx + heightPx / 2 + 4, theme.chrome.mutedText);
}
