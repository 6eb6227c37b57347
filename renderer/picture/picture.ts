import type { Disposable } from '#shared/channel/channel.ts';
import type { SessionState } from '#shared/model/session-state.ts';
import type { GridTheme } from '#shared/theme/theme.ts';
import type { WindowGrids } from '../film/sheet-layout.ts';
import type { FrameInput, GridRenderer, LayerFilter, Panel } from '../grid/grid-renderer.ts';
import {
  cellRectOf,
  clampView,
  type DiskPlace,
  fitView,
  type GridView,
  panBy,
  placeAt,
  revealBlock,
  zoomAbout,
} from '../grid/grid-view.ts';
import type { GridHeat } from '../grid/heat.ts';
import type { RangeMark } from '../grid/marks.ts';
import { blockCount, type CellOrder, planeOf } from '../grid/plane.ts';
import { Minimap } from './minimap.ts';
import { describePanel } from './panel-facts.ts';
import { type TileRect, tile } from './tiling.ts';

/** Height of a panel's header, other than for presenting, and the gap between panels, CSS px; the style sheet has the same. */
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
  /** How cells are coloured when not by state. */
  readonly heat: GridHeat | null;
  readonly reducedMotion: boolean;
  readonly layout: CellOrder;
  readonly cellShift: number;
  /** Cells in a row; null lets the disk's size choose. */
  readonly rowCells: number | null;
  /** Height of a panel's header, CSS px. */
  readonly headerPx: number;
  /** Where a whole disk is shown its cells have at least this side, CSS px, and stand for more blocks instead. */
  readonly minCellPx: number;
}

/** Where the picture gets what it draws. */
export interface PictureSource {
  readonly state: SessionState;
  /** Session time now; NaN before any is known. */
  nowUs(): number;
  readonly speed: number;
  readonly cursor: { readonly disk: number; readonly block: number } | null;
  /** What is marked on each disk; an array that is the same says that the marks are. */
  readonly marks: ReadonlyMap<number, readonly RangeMark[]>;
}

const NO_MARKS: readonly RangeMark[] = [];

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
  readonly #onDrawn: (grids: WindowGrids) => void;
  readonly #elements = new Map<number, HTMLElement>();
  readonly #minimaps = new Map<number, Minimap>();
  #disks: readonly PictureDisk[] = [];
  #enlarged: number | null = null;
  #grids = new Map<number, GridPlace>();
  /** Grids that another panel covers while it is enlarged: they come back as they were. */
  readonly #covered = new Map<number, GridPlace>();
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
    /** Told after each frame where the grids stand, for what lies over them. */
    readonly onDrawn: (grids: WindowGrids) => void;
  }) {
    this.#canvas = options.canvas;
    this.#renderer = options.renderer;
    this.#source = options.source;
    this.#look = options.look;
    this.#onTiles = options.onTiles;
    this.#onDrawn = options.onDrawn;
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

  /** The disks in the order of their panels. */
  get disks(): readonly PictureDisk[] {
    return this.#disks;
  }

  /** Gives one disk the whole area; null gives every disk its place again. A disk that is not there changes nothing. */
  setEnlarged(disk: number | null): void {
    if (this.#enlarged === disk) return;
    this.#enlarged = disk;
    this.#layOut();
    this.requestDraw();
  }

  setLook(look: PictureLook): void {
    const otherLayout =
      look.cellShift !== this.#look.cellShift ||
      look.rowCells !== this.#look.rowCells ||
      look.layout !== this.#look.layout;
    const otherPlaces = look.headerPx !== this.#look.headerPx || look.minCellPx !== this.#look.minCellPx;
    this.#look = look;
    if (otherLayout) {
      this.#grids.clear();
      this.#covered.clear();
    }
    if (otherLayout || otherPlaces) this.#layOut();
    this.requestDraw();
  }

  /** Writes facts about what was drawn to the element of a disk's grid. */
  attachGrid(disk: number, element: HTMLElement): () => void {
    this.#elements.set(disk, element);
    const minimap = new Minimap(element, {
      frame: () => this.#frame(),
      look: (view) => this.#lookAt(disk, view),
    });
    this.#minimaps.get(disk)?.dispose();
    this.#minimaps.set(disk, minimap);
    this.requestDraw();
    return () => {
      minimap.dispose();
      if (this.#minimaps.get(disk) === minimap) this.#minimaps.delete(disk);
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

  /** The block of a disk that is nearest to a point of the grid area, CSS px; null where the disk has no grid. */
  blockNear(disk: number, xPx: number, yPx: number): number | null {
    const grid = this.#grids.get(disk);
    if (grid === undefined) return null;
    const { view, sizeBytes } = grid;
    const plane = planeOf(sizeBytes, view);
    const inside = (atPx: number, lengthPx: number, originPx: number, planePx: number): number =>
      Math.min(Math.max(atPx, 0, -originPx), lengthPx - 1, planePx - originPx - 1);
    const x = inside(xPx * this.#ratio - grid.xPx, grid.widthPx, view.originXPx, plane.cols * view.cellPx);
    const y = inside(yPx * this.#ratio - grid.yPx, grid.heightPx, view.originYPx, plane.rows * view.cellPx);
    // Beside the last blocks, where the plane goes on and the disk does not, the last one is nearest.
    return placeAt(view, sizeBytes, x, y)?.block ?? blockCount(sizeBytes) - 1;
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

  /** Zooms a disk's grid about its cursor; about its middle where that is not in sight. */
  zoom(disk: number, steps: number): void {
    const grid = this.#grids.get(disk);
    if (grid === undefined) return;
    const { cursor } = this.#source;
    const rect = cursor?.disk === disk ? cellRectOf(grid.view, cursor.block) : null;
    const xPx = rect === null ? -1 : rect.xPx + rect.widthPx / 2;
    const yPx = rect === null ? -1 : rect.yPx + rect.heightPx / 2;
    const seen = xPx >= 0 && yPx >= 0 && xPx < grid.widthPx && yPx < grid.heightPx;
    if (seen) this.#zoom(grid, xPx, yPx, steps);
    else this.#zoom(grid, grid.widthPx / 2, grid.heightPx / 2, steps);
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

  /** Gives a disk's grid the keyboard. */
  focusGrid(disk: number): void {
    this.#elements.get(disk)?.focus({ preventScroll: true });
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

  /** The grids as they stand now, and the canvas they are on, device px. */
  grids(): WindowGrids {
    return this.#gridsOf(this.#panels());
  }

  #gridsOf(panels: readonly Panel[]): WindowGrids {
    const { width: widthPx, height: heightPx } = this.#canvas;
    return { panels, widthPx, heightPx, ratio: this.#ratio, headerPx: PANEL_HEADER_PX };
  }

  #panels(): readonly Panel[] {
    const { cursor, marks } = this.#source;
    return [...this.#grids.values()].map((grid) => ({
      disk: grid.disk,
      sizeBytes: grid.sizeBytes,
      xPx: grid.xPx,
      yPx: grid.yPx,
      widthPx: grid.widthPx,
      heightPx: grid.heightPx,
      view: grid.view,
      cursorBlock: cursor?.disk === grid.disk ? cursor.block : null,
      marks: marks.get(grid.disk) ?? NO_MARKS,
    }));
  }

  /** Draws a frame at once. */
  drawNow(): void {
    const panels = this.#panels();
    const frame = this.#frame();
    const { clockUs } = frame;
    const fading = this.#renderer.render({ ...frame, panels });
    this.#tellFacts(panels, frame.state.sequence, clockUs);
    this.#onDrawn(this.#gridsOf(panels));
    // While time stands still nothing fades, however long one looks.
    if (fading && clockUs !== this.#lastDrawnUs) this.requestDraw();
    this.#lastDrawnUs = clockUs;
  }

  dispose(): void {
    cancelAnimationFrame(this.#frameRequest);
    for (const minimap of this.#minimaps.values()) minimap.dispose();
    this.#minimaps.clear();
    this.#renderer.dispose();
  }

  /** What a frame drawn now depends on, besides the panels. */
  #frame(): Omit<FrameInput, 'panels'> {
    const { state, speed } = this.#source;
    const nowUs = this.#source.nowUs();
    const { theme, filter, heat, reducedMotion } = this.#look;
    return { state, clockUs: Number.isNaN(nowUs) ? 0 : nowUs, speed, theme, filter, heat, reducedMotion };
  }

  #tellFacts(panels: readonly Panel[], sequence: number, clockUs: number): void {
    this.#canvas.dataset['sequence'] = String(sequence);
    this.#canvas.dataset['clock'] = String(clockUs);
    for (const panel of panels) {
      const element = this.#elements.get(panel.disk);
      if (element !== undefined) describePanel(element, panel);
      this.#minimaps.get(panel.disk)?.update(panel, this.#ratio);
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

  #lookAt(disk: number, view: GridView): void {
    const grid = this.#grids.get(disk);
    if (grid !== undefined) this.#setView(grid, clampView(view, grid.sizeBytes, grid.widthPx, grid.heightPx));
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
    const { cellShift, rowCells, layout, minCellPx } = this.#look;
    return fitView(grid.sizeBytes, grid.widthPx, grid.heightPx, {
      cellShift,
      order: layout,
      minCellPx: Math.round(minCellPx * this.#ratio),
      ...(rowCells === null ? {} : { rowCells }),
    });
  }

  /** The disks that have a place now. */
  #placed(): readonly PictureDisk[] {
    const alone = this.#disks.find((disk) => disk.id === this.#enlarged);
    return alone === undefined ? this.#disks : [alone];
  }

  #layOut(): void {
    const disks = this.#placed();
    const tiles = tile({
      count: disks.length,
      widthPx: this.#areaWidthPx,
      heightPx: this.#areaHeightPx,
      gapPx: PANEL_GAP_PX,
      headerPx: this.#look.headerPx,
      cellPxFor: (i, widthPx, heightPx) => {
        const sizeBytes = disks[i]?.sizeBytes ?? null;
        if (sizeBytes === null) return Number.POSITIVE_INFINITY;
        const view = this.#fitted({
          sizeBytes,
          widthPx: widthPx * this.#ratio,
          heightPx: heightPx * this.#ratio,
        });
        return view.cellPx / 2 ** view.level;
      },
    });
    const before = new Map([...this.#covered, ...this.#grids]);
    this.#grids = new Map();
    for (const [i, disk] of disks.entries()) {
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
    this.#covered.clear();
    for (const disk of this.#disks) {
      const grid = this.#grids.has(disk.id) ? undefined : before.get(disk.id);
      if (grid !== undefined) this.#covered.set(disk.id, grid);
    }
    this.#onTiles(disks.flatMap((disk, i) => (tiles[i] ? [{ disk: disk.id, ...tiles[i] }] : [])));
  }

  #deviceRect(place: TileRect): TileRect {
    const xPx = Math.round(place.xPx * this.#ratio);
    const yPx = Math.round((place.yPx + this.#look.headerPx) * this.#ratio);
    return {
      xPx,
      yPx,
      widthPx: Math.max(0, Math.floor((place.xPx + place.widthPx) * this.#ratio) - xPx),
      heightPx: Math.max(0, Math.floor((place.yPx + place.heightPx) * this.#ratio) - yPx),
    };
  }
}
