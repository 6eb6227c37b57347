/**
 * The page that the grid's browser tests run in: a canvas, a session state fed with rows, and a renderer of either
 * back end. Everything is driven from outside through `window.gridPage`.
 */

import { EventBatch, type RowInit } from '#shared/events/event-batch.ts';
import type { HeatKind } from '#shared/model/heat.ts';
import { MemoryBudget } from '#shared/model/memory-budget.ts';
import { SessionState } from '#shared/model/session-state.ts';
import { HEAT_RAMPS } from '#shared/theme/heat.ts';
import { THEMES } from '#shared/theme/palettes.ts';
import type { ThemeName } from '#shared/theme/theme.ts';
import { createGridRenderer } from '../../renderer/grid/create-grid-renderer.ts';
import type { GridRenderer, LayerFilter, Panel } from '../../renderer/grid/grid-renderer.ts';
import { fitView, type GridView } from '../../renderer/grid/grid-view.ts';
import type { RangeMark } from '../../renderer/grid/marks.ts';

/** A row in numbers that survive the way into the page. */
export type PageRow = Omit<RowInit, 'cookie' | 'offsetBytes' | 'lengthBytes'> & {
  readonly offsetBytes?: number | string;
  readonly lengthBytes?: number | string;
};

export interface PagePanel {
  readonly disk: number;
  /** Decimal. */
  readonly size: string;
  readonly xPx: number;
  readonly yPx: number;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly view?: Partial<GridView>;
  readonly cursorBlock?: number;
  readonly marks?: readonly RangeMark[];
}

export interface PageFrame {
  readonly panels: readonly PagePanel[];
  readonly clockUs: number;
  readonly speed?: number;
  readonly theme?: ThemeName;
  readonly hide?: readonly (keyof LayerFilter)[];
  readonly reducedMotion?: boolean;
  readonly heat?: HeatKind;
}

const ALL_SHOWN: LayerFilter = {
  read: true,
  write: true,
  trim: true,
  zero: true,
  error: true,
  inFlight: true,
};

function panelOf(given: PagePanel): Panel {
  const sizeBytes = BigInt(given.size);
  const fitted = fitView(sizeBytes, given.widthPx, given.heightPx, given.view ?? {});
  return {
    disk: given.disk,
    sizeBytes,
    xPx: given.xPx,
    yPx: given.yPx,
    widthPx: given.widthPx,
    heightPx: given.heightPx,
    view: { ...fitted, ...given.view },
    cursorBlock: given.cursorBlock ?? null,
    marks: given.marks ?? [],
  };
}

class GridPage {
  #canvas: HTMLCanvasElement | null = null;
  #renderer: GridRenderer | null = null;
  #state = new SessionState();
  #lost: WEBGL_lose_context | null = null;

  /** Begins anew with a canvas of this many device px and a model of at most so many bytes; tells which back end it got. */
  open(prefer: GridRenderer['backend'], widthPx: number, heightPx: number, limitBytes?: number): string {
    this.#renderer?.dispose();
    this.#canvas?.remove();
    this.#state = new SessionState(new MemoryBudget(limitBytes));
    const canvas = document.createElement('canvas');
    canvas.style.width = `${widthPx / devicePixelRatio}px`;
    canvas.style.height = `${heightPx / devicePixelRatio}px`;
    document.body.append(canvas);
    this.#canvas = canvas;
    this.#renderer = createGridRenderer(canvas, { prefer });
    this.#renderer.resize(widthPx, heightPx);
    return this.#renderer.backend;
  }

  apply(rows: readonly PageRow[]): void {
    const batch = new EventBatch(rows.length);
    batch.firstSequence = this.#state.sequence + 1;
    for (const { offsetBytes, lengthBytes, ...row } of rows) {
      batch.push({ ...row, offsetBytes: BigInt(offsetBytes ?? 0), lengthBytes: BigInt(lengthBytes ?? 0) });
    }
    this.#state.apply(batch);
  }

  /** Replaces the state by its own snapshot, as a window that was away does. */
  reload(): void {
    this.#state = SessionState.readSnapshot(this.#state.snapshot());
  }

  render(frame: PageFrame): boolean {
    if (this.#renderer === null) throw new Error('open a canvas first');
    const filter = { ...ALL_SHOWN };
    for (const key of frame.hide ?? []) Object.assign(filter, { [key]: false });
    return this.#renderer.render({
      state: this.#state,
      panels: frame.panels.map(panelOf),
      clockUs: frame.clockUs,
      speed: frame.speed ?? 1,
      theme: THEMES[frame.theme ?? 'dark'].grid,
      filter,
      heat: frame.heat === undefined ? null : { kind: frame.heat, ramp: HEAT_RAMPS[frame.theme ?? 'dark'] },
      reducedMotion: frame.reducedMotion ?? false,
    });
  }

  /** The canvas's own px as RGBA bytes, row by row from the top, in base 64. */
  pixels(): string {
    const canvas = this.#canvas;
    if (canvas === null) throw new Error('open a canvas first');
    const copy = new OffscreenCanvas(canvas.width, canvas.height);
    const context = copy.getContext('2d', { willReadFrequently: true });
    if (context === null) throw new Error('no 2D context to read with');
    context.drawImage(canvas, 0, 0);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    const parts: string[] = [];
    for (let at = 0; at < data.length; at += 0x6000) {
      parts.push(btoa(String.fromCharCode(...data.subarray(at, at + 0x6000))));
    }
    return parts.join('');
  }

  /** Takes the WebGL context away. */
  loseContext(): void {
    const gl = this.#canvas?.getContext('webgl2');
    this.#lost = gl?.getExtension('WEBGL_lose_context') ?? null;
    this.#lost?.loseContext();
  }

  /** Gives it back; resolves when the page has been told. */
  async restoreContext(): Promise<void> {
    const told = new Promise((resolve) =>
      this.#canvas?.addEventListener('webglcontextrestored', resolve, { once: true }),
    );
    this.#lost?.restoreContext();
    await told;
  }
}

declare global {
  interface Window {
    gridPage: GridPage;
  }
}

window.gridPage = new GridPage();
