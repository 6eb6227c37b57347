import { formatDuration } from '../words/format.ts';
import { FLAG_PADDING_PX, fitWords } from './flags.ts';
import { idleGaps } from './idle-gaps.ts';
import { paintLanes } from './paint-lanes.ts';
import { paintDepth, paintLatency } from './paint-latency.ts';
import { Pen } from './pen.ts';
import { pendingWords } from './pending-words.ts';
import { timeTicks } from './time-ticks.ts';
import { lengthUs, xOf } from './time-window.ts';
import type { Band } from './timeline-layout.ts';
import type { TimelineScene } from './timeline-scene.ts';

/** An idle stretch shorter than this is not worth a mark of its own, CSS px. */
const IDLE_PX = 24;
/** Distance of the hatching where nothing is kept, CSS px. */
const HATCH_PX = 6;
/** How strongly what is selected is tinted, and what is not. */
const SPAN_ALPHA = 0.14;
const BESIDE_SPAN_ALPHA = 0.45;
/** Height of a tick for a request on what is picked, CSS px. */
const PICKED_TICK_PX = 7;

/** Draws the timeline, `widthPx` CSS px wide, at `ratio` device px each. */
export function paintTimeline(
  context: CanvasRenderingContext2D,
  widthPx: number,
  ratio: number,
  scene: TimelineScene,
): void {
  const pen = new Pen(context, ratio);
  const { theme, layout } = scene;
  pen.rect(0, 0, widthPx, layout.heightPx, theme.grid.ground);
  // Words stand there while there is nothing to draw.
  if (scene.kept === null) return;
  paintUnkept(pen, widthPx, scene);
  paintTicks(pen, widthPx, scene);
  paintIdle(pen, widthPx, scene);
  paintLanes(pen, widthPx, scene);
  paintPending(pen, widthPx, scene);
  if (layout.latency !== null) paintLatency(pen, widthPx, layout.latency, scene);
  if (layout.depth !== null) paintDepth(pen, widthPx, layout.depth, scene);
  paintPicked(pen, widthPx, scene);
  paintSpan(pen, widthPx, scene);
  paintFlags(pen, widthPx, scene);
  paintMoments(pen, widthPx, scene);
}

/** From the top of the lanes to the foot of what stands below them. */
function dataBand({ layout }: TimelineScene): Band {
  const topPx = layout.flags.topPx + layout.flags.heightPx;
  return { topPx, heightPx: layout.ticks.topPx - topPx };
}

/** Where nothing can have been recorded, the ground is the panel's; where it has gone, hatched. */
function paintUnkept(pen: Pen, widthPx: number, scene: TimelineScene): void {
  const { kept, window, theme } = scene;
  if (kept === null) return;
  const band = dataBand(scene);
  const firstX = Math.min(Math.max(0, xOf(window, widthPx, kept.fromUs)), widthPx);
  const lastX = Math.min(Math.max(0, xOf(window, widthPx, kept.toUs)), widthPx);
  pen.rect(firstX, band.topPx, lastX - firstX, band.heightPx, theme.grid.untouched);
  if (!scene.hasLostBeginning || firstX <= 0) return;
  pen.hatch(0, band.topPx, firstX, band.heightPx, HATCH_PX, theme.chrome.border);
  const words = fitWords('earlier requests have gone', firstX - 16, (text) => pen.textPx(text));
  if (words !== '') {
    pen.rect(4, band.topPx + 2, pen.textPx(words) + 8, 14, theme.grid.ground);
    pen.text(words, 8, band.topPx + 13, theme.chrome.mutedText);
  }
}

function paintTicks(pen: Pen, widthPx: number, scene: TimelineScene): void {
  const { window, layout, theme } = scene;
  const band = dataBand(scene);
  const characterPx = pen.textPx('0');
  for (const tick of timeTicks(window, widthPx, characterPx, scene.zone)) {
    const xPx = xOf(window, widthPx, tick.us);
    pen.vertical(xPx, band.topPx, band.heightPx + 3, theme.chrome.border, 0.5);
    // A label that would be cut off at the edge says less than none.
    const halfPx = pen.textPx(tick.label) / 2;
    if (xPx - halfPx < 0 || xPx + halfPx > widthPx) continue;
    pen.text(
      tick.label,
      xPx - halfPx,
      layout.ticks.topPx + layout.ticks.heightPx - 3,
      theme.chrome.mutedText,
    );
  }
}

/** Idle stretches: a line where bars would stand, with how long it lasted where there is room. */
function paintIdle(pen: Pen, widthPx: number, scene: TimelineScene): void {
  const { data, window, kept, layout, theme } = scene;
  if (data === null || kept === null) return;
  const usPerPx = lengthUs(window) / widthPx;
  const first = layout.lanes[0];
  const last = layout.lanes.at(-1);
  if (first === undefined || last === undefined) return;
  const footPx = last.topPx + last.heightPx;
  for (const gap of idleGaps(data, window, kept, IDLE_PX * usPerPx)) {
    const fromX = Math.max(0, xOf(window, widthPx, gap.fromUs));
    const toX = Math.min(widthPx, xOf(window, widthPx, gap.toUs));
    if (scene.skipsIdle) {
      pen.hatch(fromX, first.topPx, toX - fromX, footPx - first.topPx, HATCH_PX, theme.chrome.border);
    }
    if (layout.lanes.length > 1) continue;
    const words = `${formatDuration(gap.toUs - gap.fromUs)} idle`;
    const wordsPx = pen.textPx(words);
    pen.rect(fromX, footPx - 1, toX - fromX, 1, theme.chrome.border);
    if (wordsPx + 24 > toX - fromX) continue;
    const atX = (fromX + toX - wordsPx) / 2;
    if (scene.skipsIdle) pen.rect(atX - 4, footPx - 16, wordsPx + 8, 14, theme.grid.untouched);
    pen.text(words, atX, footPx - 5, theme.chrome.mutedText);
  }
}

/** Before the first answer no bar stands anywhere, which says nothing of what went on. */
function paintPending(pen: Pen, widthPx: number, scene: TimelineScene): void {
  if (scene.data !== null) return;
  const band = dataBand(scene);
  const words = fitWords(pendingWords(scene.countedShare), widthPx - 16, (text) => pen.textPx(text));
  const wordsPx = pen.textPx(words);
  const atX = (widthPx - wordsPx) / 2;
  const baseY = band.topPx + band.heightPx / 2 + 4;
  pen.rect(atX - 4, baseY - 11, wordsPx + 8, 14, scene.theme.grid.untouched);
  pen.text(words, atX, baseY, scene.theme.chrome.mutedText);
}

/** When what is picked was touched: a tick at the foot of the lanes for each px in which it was, and a faint line above. */
function paintPicked(pen: Pen, widthPx: number, scene: TimelineScene): void {
  const { pickedUs, window, theme } = scene;
  const band = dataBand(scene);
  let lastPx = Number.NEGATIVE_INFINITY;
  for (const us of pickedUs) {
    if (us < window.fromUs || us > window.toUs) continue;
    const xPx = Math.floor(xOf(window, widthPx, us));
    if (xPx === lastPx) continue;
    lastPx = xPx;
    pen.vertical(xPx, band.topPx, band.heightPx, theme.grid.cursor, 0.22);
    pen.vertical(xPx, band.topPx + band.heightPx - PICKED_TICK_PX, PICKED_TICK_PX, theme.grid.cursor);
  }
}

function paintSpan(pen: Pen, widthPx: number, scene: TimelineScene): void {
  const { span, window, theme } = scene;
  if (span === null) return;
  const band = dataBand(scene);
  const fromX = Math.min(Math.max(xOf(window, widthPx, span.fromUs), 0), widthPx);
  const toX = Math.min(Math.max(xOf(window, widthPx, span.toUs), 0), widthPx);
  pen.rect(0, band.topPx, fromX, band.heightPx, theme.grid.ground, BESIDE_SPAN_ALPHA);
  pen.rect(toX, band.topPx, widthPx - toX, band.heightPx, theme.grid.ground, BESIDE_SPAN_ALPHA);
  pen.rect(fromX, band.topPx, Math.max(toX - fromX, 1), band.heightPx, theme.chrome.accent, SPAN_ALPHA);
  for (const us of [span.fromUs, span.toUs]) {
    if (us < window.fromUs || us > window.toUs) continue;
    const xPx = xOf(window, widthPx, us);
    pen.vertical(xPx, band.topPx, band.heightPx, theme.chrome.accent);
    pen.rect(xPx - 1.5, band.topPx + band.heightPx / 2 - 6, 3, 12, theme.chrome.accent);
  }
}

function paintFlags(pen: Pen, widthPx: number, scene: TimelineScene): void {
  const { flags, layout, theme } = scene;
  const band = dataBand(scene);
  pen.rect(0, layout.flags.topPx, widthPx, layout.flags.heightPx, theme.grid.ground);
  for (const flag of flags) {
    const color = flag.mark.kind === 'mark' ? theme.chrome.accent : theme.chrome.mutedText;
    if (flag.inSight) {
      pen.vertical(flag.xPx, layout.flags.topPx + 2, layout.flags.heightPx - 2 + band.heightPx, color, 0.4);
      pen.rect(flag.xPx, layout.flags.topPx + 2, 3, layout.flags.heightPx - 5, color);
    }
    const textColor = flag.inSight ? theme.chrome.text : theme.chrome.mutedText;
    pen.text(flag.words, flag.xPx + FLAG_PADDING_PX, layout.flags.topPx + 12, textColor);
  }
}

/** The moment under the pointer and the one shown. */
function paintMoments(pen: Pen, widthPx: number, scene: TimelineScene): void {
  const { window, layout, theme, hoverUs, playheadUs } = scene;
  const band = dataBand(scene);
  if (hoverUs !== null) {
    pen.vertical(xOf(window, widthPx, hoverUs), band.topPx, band.heightPx, theme.chrome.text, 0.5);
  }
  if (playheadUs === null || playheadUs < window.fromUs || playheadUs > window.toUs) return;
  const xPx = xOf(window, widthPx, playheadUs);
  const color = scene.isLive ? theme.chrome.success : theme.chrome.text;
  const topPx = layout.flags.topPx + layout.flags.heightPx - 2;
  pen.rect(xPx - 1, topPx, 2, layout.ticks.topPx - topPx, color);
  pen.pointer(xPx, topPx, 5, color);
}
