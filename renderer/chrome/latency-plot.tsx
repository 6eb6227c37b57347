import { type ReactElement, useRef, useState } from 'react';
import { THEMES } from '#shared/theme/palettes.ts';
import { groupAt, groupCount, laneRects, rowFloorUs, shownRows } from '../plots/latency-layout.ts';
import { type CountImage, paintLatencyPlot } from '../plots/paint-plots.ts';
import { type LatencyData, readLatencyData } from '../plots/plot-data.ts';
import { columnAt, momentAt, plotRect } from '../plots/plot-frame.ts';
import { shownDisks } from '../store/arrangement.ts';
import { formatClockPrecise, formatDuration, plural } from '../words/format.ts';
import { useApp, useAppState } from './app-context.ts';
import { HeatScale } from './heat-scale.tsx';
import { PlotCanvas, type PlotSize } from './plot-canvas.tsx';
import { useAskedWindow } from './use-asked-window.ts';
import { useQuestion } from './use-question.ts';

/** A column is so many device px wide, so that one request can be seen. */
const COLUMN_PX = 3;
const MOST_COLUMNS = 1024;

interface Place {
  readonly xPx: number;
  readonly yPx: number;
}

/** How long requests took over time, a lane for each disk, so that one slow member of an array stands out. */
export function LatencyPlot(): ReactElement {
  const app = useApp();
  const [size, setSize] = useState<PlotSize | null>(null);
  const [pointed, setPointed] = useState<Place | null>(null);
  const images = useRef(new Map<number, CountImage>());
  const { window, key } = useAskedWindow();
  const session = useAppState((state) => state.session);
  const hidden = useAppState((state) => state.hidden);
  const zone = useAppState((state) => state.zone);
  const span = useAppState((state) => state.span);
  const theme = THEMES[useAppState((state) => state.shownTheme)];
  useAppState((state) => state.counters.clockUs);
  const disks = shownDisks({ session, hidden });
  const names = new Map(disks.map(({ id, name }) => [id, name]));
  const rect = size === null ? null : plotRect(size.widthPx, size.heightPx);
  const columns =
    rect === null || size === null
      ? 0
      : Math.min(MOST_COLUMNS, Math.floor((rect.widthPx * size.ratio) / COLUMN_PX));
  const asked = disks.map(({ id }) => id);
  const question =
    window === null || columns < 1 || asked.length === 0
      ? null
      : { about: 'latencyMap' as const, span: { ...window }, columns, disks: asked };
  const { data, trouble } = useQuestion(question, `${key}/${columns}/${asked}`, readLatencyData);
  const words =
    pointed === null || data === null || rect === null ? null : placeWords(data, rect, pointed, names, zone);
  return (
    <>
      <div className="plot-head">
        <p className="plot-words" data-testid="latency-words">
          {trouble ??
            words ??
            'Requests by how long they took, at the time they arrived. A click shows that moment.'}
        </p>
        <HeatScale kind="requests" />
      </div>
      <PlotCanvas
        label={labelOf(data, names)}
        testId="latency-plot"
        size={size}
        onSize={setSize}
        paint={(context, { ratio }) => {
          if (rect === null || data === null) return;
          const scene = { rect, theme, zone, span, shownUs: app.time.shownUs };
          paintLatencyPlot(context, ratio, scene, data, names, images.current);
        }}
        onHover={setPointed}
        onPick={({ xPx }) => {
          const us = rect === null || data === null ? null : momentAt(rect, data.window, xPx);
          if (us !== null) app.time.seek({ us: Math.round(us) });
        }}
      />
    </>
  );
}

function placeWords(
  data: LatencyData,
  rect: ReturnType<typeof plotRect>,
  { xPx, yPx }: Place,
  names: ReadonlyMap<number, string>,
  zone: Parameters<typeof formatClockPrecise>[1],
): string | null {
  const us = momentAt(rect, data.window, xPx);
  const rects = laneRects(rect, data.lanes.length);
  const at = rects.findIndex((lane) => yPx >= lane.yPx && yPx < lane.yPx + lane.heightPx);
  const lane = data.lanes[at];
  const place = rects[at];
  if (us === null || lane === undefined || place === undefined) return null;
  const rows = shownRows(data, place.heightPx);
  const row = groupAt(place, rows, yPx);
  const column = columnAt(data.window, data.columns, us) ?? 0;
  const count = groupCount(lane.counts, data.columns, rows, row, column);
  const range = `${formatDuration(rowFloorUs(row))} to ${formatDuration(rowFloorUs(row + rows.perGroup))}`;
  const name = data.lanes.length > 1 ? `${names.get(lane.disk) ?? ''} · ` : '';
  return `${name}${formatClockPrecise(us, zone, 2)} · ${plural(count, 'request')} of ${range}`;
}

/** The slowest request of each lane, for those who do not see the plot. */
function labelOf(data: LatencyData | null, names: ReadonlyMap<number, string>): string {
  if (data === null) return 'Latency over time: not known yet';
  const lanes = data.lanes.map(({ disk, counts }) => {
    const last = counts.findLastIndex((count) => count > 0);
    const name = names.get(disk) ?? `disk ${disk}`;
    if (last < 0) return `${name}: no requests`;
    return `${name}: up to ${formatDuration(rowFloorUs(Math.floor(last / data.columns) + 1))}`;
  });
  return `Latency over time. ${lanes.join('; ')}`;
}
