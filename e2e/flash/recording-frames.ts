/**
 * A recording as the frames that a person would see: rows applied to a session by their times, painted by the Canvas2D
 * back end's own painter. No browser, so that minutes of recording take seconds; that both back ends draw the same px
 * is tried in e2e/grid.
 */
import { readFileSync } from 'node:fs';
import { LogDecoder } from '#engine/log/log-decoder.ts';
import { EventBatch } from '#shared/events/event-batch.ts';
import { SessionState } from '#shared/model/session-state.ts';
import type { GridTheme } from '#shared/theme/theme.ts';
import { FramePainter } from '../../renderer/grid/frame-painter.ts';
import type { FrameInput, LayerFilter, Panel } from '../../renderer/grid/grid-renderer.ts';
import { fitView } from '../../renderer/grid/grid-view.ts';
import type { Frame } from './flash-analyser.ts';

const ALL_SHOWN: LayerFilter = {
  read: true,
  write: true,
  trim: true,
  zero: true,
  error: true,
  inFlight: true,
};

/** Every row of some logs in order of time, with clocks, and the sizes of their disks. */
export interface RecordedRows {
  readonly rows: EventBatch;
  readonly sizes: readonly bigint[];
}

/** Decodes logs of one story; each log's disks are numbered after those of the logs before it. */
export function readLogs(paths: readonly string[]): RecordedRows {
  const found: { readonly clockUs: number; readonly batch: EventBatch; readonly row: number }[] = [];
  const sizes: bigint[] = [];
  for (const path of paths) {
    const base = sizes.length;
    let clockUs = 0;
    const decoder = new LogDecoder({
      rows: (batch) => {
        for (let row = 0; row < batch.count; row += 1) {
          const timeUs = batch.timeUs[row] ?? Number.NaN;
          if (timeUs > clockUs) clockUs = timeUs;
          batch.disk[row] = (batch.disk[row] ?? 0) + base;
          found.push({ clockUs, batch, row });
        }
      },
      disk: ({ index, sizeBytes, highestByte }) => {
        sizes[base + index] = sizeBytes ?? highestByte;
      },
    });
    decoder.push(readFileSync(path));
    decoder.end();
  }
  found.sort((a, b) => a.clockUs - b.clockUs);
  const rows = new EventBatch(Math.max(found.length, 1));
  for (const { clockUs, batch, row } of found) {
    rows.appendRows(batch, row, row + 1);
    rows.clockUs[rows.count - 1] = clockUs;
  }
  return { rows, sizes };
}

/** The disks side by side, as nearly square as can be, each fitted to its tile. */
function tile(sizes: readonly bigint[], widthPx: number, heightPx: number): Panel[] {
  const across = Math.ceil(Math.sqrt(sizes.length));
  const down = Math.ceil(sizes.length / across);
  const tileWidthPx = Math.floor(widthPx / across);
  const tileHeightPx = Math.floor(heightPx / down);
  return sizes.map((sizeBytes, disk) => ({
    disk,
    sizeBytes,
    xPx: (disk % across) * tileWidthPx,
    yPx: Math.floor(disk / across) * tileHeightPx,
    widthPx: tileWidthPx,
    heightPx: tileHeightPx,
    view: fitView(sizeBytes, tileWidthPx, tileHeightPx),
    cursorBlock: null,
    marks: [],
  }));
}

export interface WatchOptions {
  readonly widthPx: number;
  readonly heightPx: number;
  /** Frames in a second of watching. */
  readonly frameRate: number;
  /** Seconds of the recording in a second of watching. */
  readonly speed: number;
  readonly theme: GridTheme;
}

/**
 * The frames of a recording from its first row until nothing changes any more; times are of watching. Stretches in which
 * the picture stands still are left out. The same array is handed out each time.
 */
export function* watch({ rows, sizes }: RecordedRows, options: WatchOptions): Generator<Frame> {
  const { widthPx, heightPx, frameRate, speed, theme } = options;
  const pixels = new Uint32Array(widthPx * heightPx);
  const painter = new FramePainter({ pixels, widthPx, heightPx });
  const state = new SessionState();
  const frame: Omit<FrameInput, 'clockUs'> = {
    state,
    panels: tile(sizes, widthPx, heightPx),
    speed,
    theme,
    filter: ALL_SHOWN,
    reducedMotion: false,
  };
  const startUs = rows.clockUs[0] ?? 0;
  const frameUs = (1e6 / frameRate) * speed;
  let next = 0;
  let still = false;
  for (let i = 0; ; i += 1) {
    if (still) {
      if (next >= rows.count) break;
      const dueFrame = Math.ceil(((rows.clockUs[next] ?? startUs) - startUs) / frameUs);
      if (dueFrame > i) i = dueFrame;
    }
    const clockUs = startUs + i * frameUs;
    let end = next;
    while (end < rows.count && (rows.clockUs[end] ?? 0) <= clockUs) end += 1;
    if (end > next) {
      const due = new EventBatch(end - next);
      due.appendRows(rows, next, end);
      due.firstSequence = next + 1;
      state.apply(due);
    }
    next = end;
    const { fades } = painter.paint({ ...frame, clockUs });
    still = !fades;
    yield { pixels, timeMs: (i * 1000) / frameRate };
  }
  painter.dispose();
}
