import { columnsIn } from './bars.ts';
import { latencyScale, latencyShare } from './latency-scale.ts';
import type { Pen } from './pen.ts';
import { xOf } from './time-window.ts';
import { columnUs } from './timeline-data.ts';
import type { Band } from './timeline-layout.ts';
import type { TimelineScene } from './timeline-scene.ts';

/** Draws how long requests took: from the median to the 99th percentile as a band, the longest as a line over it. */
export function paintLatency(pen: Pen, widthPx: number, band: Band, scene: TimelineScene): void {
  const { data, window, theme } = scene;
  const scale = data === null ? null : latencyScale(data, window);
  if (data !== null && scale !== null) {
    const [first, end] = columnsIn(data, window);
    const yOf = (latencyUs: number): number =>
      band.topPx + (1 - latencyShare(scale, latencyUs)) * (band.heightPx - 1);
    for (let column = first; column < end; column += 1) {
      const p50 = data.p50Us[column] ?? Number.NaN;
      if (Number.isNaN(p50)) continue;
      const xPx = xOf(window, widthPx, columnUs(data, column));
      const columnPx = xOf(window, widthPx, columnUs(data, column + 1)) - xPx;
      const p99 = data.p99Us[column] ?? p50;
      const highPx = yOf(p99);
      pen.rect(xPx, highPx, columnPx, yOf(p50) - highPx + 1, theme.chrome.mutedText, 0.6);
      pen.rect(xPx, yOf(data.maxUs[column] ?? p99), columnPx, 1, theme.chrome.text);
    }
  }
  paintWord(pen, band, 'latency', scene);
}

/** Draws how many requests were in flight at most. */
export function paintDepth(pen: Pen, widthPx: number, band: Band, scene: TimelineScene): void {
  const { data, window, theme } = scene;
  if (data !== null) {
    const [first, end] = columnsIn(data, window);
    let most = 1;
    for (let column = first; column < end; column += 1) most = Math.max(most, data.depth[column] ?? 0);
    for (let column = first; column < end; column += 1) {
      const depth = data.depth[column] ?? 0;
      if (depth === 0) continue;
      const xPx = xOf(window, widthPx, columnUs(data, column));
      const columnPx = xOf(window, widthPx, columnUs(data, column + 1)) - xPx;
      const heightPx = Math.max(1, (depth / most) * band.heightPx);
      const topPx = band.topPx + band.heightPx - heightPx;
      pen.rect(xPx, topPx, columnPx, heightPx, theme.grid.inFlight, 0.3);
      pen.rect(xPx, topPx, columnPx, 1, theme.grid.inFlight);
    }
  }
  paintWord(pen, band, 'queue', scene);
}

/** What a band shows, at its left edge. */
function paintWord(pen: Pen, band: Band, word: string, { theme }: TimelineScene): void {
  pen.rect(0, band.topPx, pen.textPx(word) + 8, band.heightPx, theme.grid.ground, 0.8);
  pen.text(word, 4, band.topPx + band.heightPx / 2 + 4, theme.chrome.mutedText);
}
