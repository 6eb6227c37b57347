import type { Disposable } from '#shared/channel/channel.ts';
import type { SessionState } from '#shared/model/session-state.ts';
import type { GridTheme } from '#shared/theme/theme.ts';
import type { GridRenderer, LayerFilter, Panel } from '../grid/grid-renderer.ts';
import {
  clampView,
  type DiskPlace,
  fitView,
  type GridView,
  panBy,
  placeAt,
  revealBlock,
  zoomAbout,
} from '../grid/grid-view.ts';
import { describePanel } from './panel-facts.ts';
import { type TileRect, tile } from './tiling.ts';

/** Height of a panel's header and the gap between panels, CSS px; the style sheet has the same. */
export const PANEL_HEADER_PX = 28;
export const PANEL_GAP_PX = 8;

/** One disk's place in the window, CSS px from the left top of the grid area. */
export interface PanelTile extends TileRect {
  readonly disk: number;
}

/** A disk as the picture needs it; with no size known it gets a tile and no grid. */
export interface PictureDisk {
  readonly id: number;
  readonly sizeBytes: bigint | null;
}

/** What a person has chosen about the picture. */
export interface PictureLook {
  readonly theme: GridTheme;
  readonly filter: LayerFilter;
  readonly reducedMotion: boolean;
  readonly cellShift: number;
  /** Cells in a row; null lets the disk's size choose. */
  readonly rowCells: number | null;
}

/** Where the picture gets what it draws. */
export interface PictureSource {
  readonly state: SessionState;
  /** Session time now; NaN before any is known. */
  nowUs(): number;
  readonly speed: number;
  readonly cursor: { readonly disk: number; readonly block: number } | null;
}

/** A grid on the canvas, px are device px. */
interface GridPlace {
  readonly disk: number;
  readonly sizeBytes: bigint;
  xPx: number;
  yPx: number;
  widthPx: number;
  heightPx: number;
  view: GridView;
  /** Shows the whole disk, and goes on doing so when the window changes its size. */
  fitted: boolean;
}

/** A place on a disk under a point of the grid area. */
export interface PicturePlace extends DiskPlace {
  readonly disk: number;
}

/**
 * The picture of all disks on one canvas: where each grid stands, what of its disk it shows, and when a frame is due.
 * Frames are drawn only when rows came, the view changed, or something still fades while time passes.
 */
export class Picture implements Disposable {
  readonly #renderer: GridRenderer;
  readonly #canvas: HTMLCanvasElement;
  readonly #source: PictureSource;
  readonly #onTiles: (tiles: readonly PanelTile[]) => void;
  readonly #elements = new Map<number, HTMLElement>();
  #disks: readonly PictureDisk[] = [];
  #grids = new Map<number, GridPlace>();
  #look: PictureLook;
  #areaWidthPx = 0;
  #areaHeightPx = 0;
  #ratio = 1;
  /** Parts of a device px that panning still owes: many small moves come to the same as a large one. */
  #panRestXPx = 0;
  #panRestYPx = 0;
  #frameRequest = 0;
  #lastDrawnUs = Number.NaN;

  constructor(options: {
    readonly canvas: HTMLCanvasElement;
    readonly renderer: GridRenderer;
    readonly source: PictureSource;
    readonly look: PictureLook;
    /** Told when the panels' places have changed. */
    readonly onTiles: (tiles: readonly PanelTile[]) => void;
  }) {
    this.#canvas = options.canvas;
    this.#renderer = options.renderer;
    this.#source = options.source;
    this.#look = options.look;
    this.#onTiles = options.onTiles;
    this.#canvas.dataset['backend'] = this.#renderer.backend;
  }

  get canvas(): HTMLCanvasElement {
    return this.#canvas;
  }

  get look(): PictureLook {
    return this.#look;
  }

  /** Device px to a CSS px. */
  get ratio(): number {
    return this.#ratio;
  }

  /** Sets the size of the grid area: CSS px, and the canvas's own device px as the browser gives them. */
  setArea(area: {
    readonly widthPx: number;
    readonly heightPx: number;
    readonly deviceWidthPx: number;
    readonly deviceHeightPx: number;
  }): void {
    this.#areaWidthPx = area.widthPx;
    this.#areaHeightPx = area.heightPx;
    this.#ratio = area.widthPx > 0 ? area.deviceWidthPx / area.widthPx : 1;
    this.#renderer.resize(area.deviceWidthPx, area.deviceHeightPx);
    this.#layOut();
    // A canvas that was resized is empty until it is drawn: do so before it is shown.
    this.drawNow();
  }

  setDisks(disks: readonly PictureDisk[]): void {
    const same =
      disks.length === this.#disks.length &&
      disks.every((d, i) => d.id === this.#disks[i]?.id && d.sizeBytes === this.#disks[i]?.sizeBytes);
    if (same) return;
    this.#disks = disks;
    this.#layOut();
    this.requestDraw();
  }

  setLook(look: PictureLook): void {
    const otherLayout = look.cellShift !== this.#look.cellShift || look.rowCells !== this.#look.rowCells;
    this.#look = look;
    if (otherLayout) {
      this.#grids.clear();
      this.#layOut();
    }
    this.requestDraw();
  }

  /** Writes facts about what was drawn to the element of a disk's grid. */
  attachGrid(disk: number, element: HTMLElement): () => void {
    this.#elements.set(disk, element);
    this.requestDraw();
    return () => {
      if (this.#elements.get(disk) === element) this.#elements.delete(disk);
    };
  }

  /** What lies under a point of the grid area, CSS px. */
  placeUnder(xPx: number, yPx: number): PicturePlace | null {
    const grid = this.#gridUnder(xPx, yPx);
    if (grid === null) return null;
    const place = placeAt(
      grid.view,
      grid.sizeBytes,
      xPx * this.#ratio - grid.xPx,
      yPx * this.#ratio - grid.yPx,
    );
    return place === null ? null : { disk: grid.disk, ...place };
  }

  /** The disk whose grid lies under a point of the grid area, CSS px. */
  diskUnder(xPx: number, yPx: number): number | null {
    return this.#gridUnder(xPx, yPx)?.disk ?? null;
  }

  /** Zooms about a point of the grid area, CSS px. */
  zoomAt(xPx: number, yPx: number, steps: number): void {
    const grid = this.#gridUnder(xPx, yPx);
    if (grid !== null) this.#zoom(grid, xPx * this.#ratio - grid.xPx, yPx * this.#ratio - grid.yPx, steps);
  }

  /** Zooms a disk's grid about its cursor, or its middle. */
  zoom(disk: number, steps: number): void {
    const grid = this.#grids.get(disk);
    if (grid !== undefined) this.#zoom(grid, grid.widthPx / 2, grid.heightPx / 2, steps);
  }

  /** Moves a disk's picture by CSS px. */
  pan(disk: number, dxPx: number, dyPx: number): void {
    const grid = this.#grids.get(disk);
    if (grid === undefined) return;
    const wantedX = dxPx * this.#ratio + this.#panRestXPx;
    const wantedY = dyPx * this.#ratio + this.#panRestYPx;
    const view = panBy(grid.view, Math.trunc(wantedX), Math.trunc(wantedY));
    this.#panRestXPx = wantedX - Math.trunc(wantedX);
    this.#panRestYPx = wantedY - Math.trunc(wantedY);
    this.#setView(grid, clampView(view, grid.sizeBytes, grid.widthPx, grid.heightPx));
  }

  /** Shows a whole disk. */
  fit(disk: number): void {
    const grid = this.#grids.get(disk);
    if (grid === undefined) return;
    grid.fitted = true;
    grid.view = this.#fitted(grid);
    this.requestDraw();
  }

  /** Brings a block into sight. */
  reveal(disk: number, block: number): void {
    const grid = this.#grids.get(disk);
    if (grid === undefined) return;
    this.#setView(grid, revealBlock(grid.view, grid.sizeBytes, block, grid.widthPx, grid.heightPx));
  }

  /** What of a disk is shown; null for one without a grid. */
  viewOf(disk: number): GridView | null {
    return this.#grids.get(disk)?.view ?? null;
  }

  /** Height of a disk's grid, device px. */
  gridHeightPx(disk: number): number {
    return this.#grids.get(disk)?.heightPx ?? 0;
  }

  /** Asks for a frame; any number of times before it comes is one. */
  requestDraw(): void {
    if (this.#frameRequest !== 0) return;
    this.#frameRequest = requestAnimationFrame(() => {
      this.#frameRequest = 0;
      this.drawNow();
    });
  }

  /** Draws a frame at once, so that the canvas can be read in this turn. */
  drawNow(): void {
    const { state, cursor, speed } = this.#source;
    const nowUs = this.#source.nowUs();
    const panels: Panel[] = [...this.#grids.values()].map((grid) => ({
      disk: grid.disk,
      sizeBytes: grid.sizeBytes,
      xPx: grid.xPx,
      yPx: grid.yPx,
      widthPx: grid.widthPx,
      heightPx: grid.heightPx,
      view: grid.view,
      cursorBlock: cursor?.disk === grid.disk ? cursor.block : null,
    }));
    const { theme, filter, reducedMotion } = this.#look;
    const clockUs = Number.isNaN(nowUs) ? 0 : nowUs;
    const fading = this.#renderer.render({ state, panels, clockUs, speed, theme, filter, reducedMotion });
    this.#tellFacts(panels, state.sequence, clockUs);
    // While time stands still nothing fades, however long one looks.
    if (fading && clockUs !== this.#lastDrawnUs) this.requestDraw();
    this.#lastDrawnUs = clockUs;
  }

  dispose(): void {
    cancelAnimationFrame(this.#frameRequest);
    this.#renderer.dispose();
  }

  #tellFacts(panels: readonly Panel[], sequence: number, clockUs: number): void {
    this.#canvas.dataset['sequence'] = String(sequence);
    this.#canvas.dataset['clock'] = String(clockUs);
    for (const panel of panels) {
      const element = this.#elements.get(panel.disk);
      if (element !== undefined) describePanel(element, panel);
    }
  }

  #gridUnder(xPx: number, yPx: number): GridPlace | null {
    const x = xPx * this.#ratio;
    const y = yPx * this.#ratio;
    for (const grid of this.#grids.values()) {
      const inside =
        x >= grid.xPx && y >= grid.yPx && x < grid.xPx + grid.widthPx && y < grid.yPx + grid.heightPx;
      if (inside) return grid;
    }
    return null;
  }

  #zoom(grid: GridPlace, xPx: number, yPx: number, steps: number): void {
    const view = zoomAbout(grid.view, grid.sizeBytes, xPx, yPx, steps);
    this.#setView(grid, clampView(view, grid.sizeBytes, grid.widthPx, grid.heightPx));
  }

  #setView(grid: GridPlace, view: GridView): void {
    if (view === grid.view) return;
    grid.view = view;
    grid.fitted = false;
    this.requestDraw();
  }

  #fitted(grid: {
    readonly sizeBytes: bigint;
    readonly widthPx: number;
    readonly heightPx: number;
  }): GridView {
    const { cellShift, rowCells } = this.#look;
    return fitView(grid.sizeBytes, grid.widthPx, grid.heightPx, {
      cellShift,
      ...(rowCells === null ? {} : { rowCells }),
    });
  }

  #layOut(): void {
    const tiles = tile({
      count: this.#disks.length,
      widthPx: this.#areaWidthPx,
      heightPx: this.#areaHeightPx,
      gapPx: PANEL_GAP_PX,
      headerPx: PANEL_HEADER_PX,
      cellPxFor: (i, widthPx, heightPx) => {
        const sizeBytes = this.#disks[i]?.sizeBytes ?? null;
        if (sizeBytes === null) return Number.POSITIVE_INFINITY;
        const view = this.#fitted({
          sizeBytes,
          widthPx: widthPx * this.#ratio,
          heightPx: heightPx * this.#ratio,
        });
        return view.cellPx / 2 ** view.level;
      },
    });
    const before = this.#grids;
    this.#grids = new Map();
    for (const [i, disk] of this.#disks.entries()) {
      const place = tiles[i];
      if (place === undefined || disk.sizeBytes === null) continue;
      const rect = this.#deviceRect(place);
      const old = before.get(disk.id);
      const kept = old !== undefined && !old.fitted && old.sizeBytes === disk.sizeBytes;
      const view = kept
        ? clampView(old.view, disk.sizeBytes, rect.widthPx, rect.heightPx)
        : this.#fitted({ sizeBytes: disk.sizeBytes, ...rect });
      this.#grids.set(disk.id, {
        disk: disk.id,
        sizeBytes: disk.sizeBytes,
        ...rect,
        view,
        fitted: !kept,
      });
    }
    this.#onTiles(this.#disks.flatMap((disk, i) => (tiles[i] ? [{ disk: disk.id, ...tiles[i] }] : [])));
  }

  #deviceRect(place: TileRect): TileRect {
    const xPx = Math.round(place.xPx * this.#ratio);
    const yPx = Math.round((place.yPx + PANEL_HEADER_PX) * this.#ratio);
    return {
      xPx,
      yPx,
      widthPx: Math.max(0, Math.floor((place.xPx + place.widthPx) * this.#ratio) - xPx),
      heightPx: Math.max(0, Math.floor((place.yPx + place.heightPx) * this.#ratio) - yPx),
    };
  }
}
