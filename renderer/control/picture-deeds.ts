import { ALL_LAYERS } from '../grid/grid-renderer.ts';
import { CELL_ORDERS } from '../grid/plane.ts';
import { type CursorMove, moveCursor } from '../picture/cursor-moves.ts';
import { shownDisks } from '../store/arrangement.ts';
import { THEME_CHOICES } from '../store/preferences.ts';
import { type GoToTarget, parseGoTo } from '../words/go-to.ts';
import { toggleEnlarged } from './select-deeds.ts';
import type { WindowApp } from './window-app.ts';

/** What a person can do to the picture of the disk in hand. */

/** Part of a grid that one press of a panning key moves, CSS px. */
const PAN_KEY_PX = 96;

/** Names of the layers a person can hide. */
export type LayerName = keyof typeof ALL_LAYERS;

function knownSize(app: WindowApp): { readonly disk: number; readonly sizeBytes: bigint } | null {
  const disk = app.diskInHand();
  return disk === null || disk.sizeBytes === null
    ? null
    : { disk: disk.id, sizeBytes: BigInt(disk.sizeBytes) };
}

export function zoomBy(app: WindowApp, steps: number): void {
  const { picture, cursor } = app;
  const disk = app.diskInHand();
  if (picture === null || disk === null) return;
  picture.zoom(disk.id, steps);
  if (cursor?.disk === disk.id && cursor.by === 'keys') picture.reveal(disk.id, cursor.block);
}

export function panByKeys(app: WindowApp, dx: -1 | 0 | 1, dy: -1 | 0 | 1): void {
  const { activeDisk } = app.state;
  if (activeDisk !== null) app.picture?.pan(activeDisk, -dx * PAN_KEY_PX, -dy * PAN_KEY_PX);
}

/** Shows every disk whole. */
export function fitAll(app: WindowApp): void {
  for (const disk of app.state.session?.disks ?? []) app.picture?.fit(disk.id);
}

/** Moves the keyboard cursor; the first move makes it appear on the disk's first block, or where the pointer was. */
export function moveCursorBy(app: WindowApp, move: CursorMove): void {
  const known = knownSize(app);
  const view = known === null ? null : (app.picture?.viewOf(known.disk) ?? null);
  if (known === null || view === null || app.picture === null) return;
  const { disk, sizeBytes } = known;
  const from = app.cursor?.disk === disk ? app.cursor.block : null;
  const heightPx = app.picture.gridHeightPx(disk);
  const block = from === null ? 0 : moveCursor(view, sizeBytes, heightPx, from, move);
  app.selectionAnchor = null;
  app.setCursor({ disk, block, sector: 0, by: 'keys', kept: false });
  app.picture.reveal(disk, block);
}

/** Keeps the block under the cursor in hand while the pointer moves on, or lets it go; without one, enlarges the panel. */
export function keepCursor(app: WindowApp): void {
  if (app.cursor === null) toggleEnlarged(app);
  else app.setCursor({ ...app.cursor, kept: !app.cursor.kept });
}

/** Reads a place as typed; what it means for the disk in hand. */
export function readPlace(app: WindowApp, text: string): GoToTarget {
  const known = knownSize(app);
  if (known === null) return { error: 'no disk of known size is open' };
  return parseGoTo(text, known.sizeBytes);
}

/** Goes to a byte of the disk in hand and keeps its block under the cursor. */
export function goToByte(app: WindowApp, offsetBytes: bigint): void {
  const known = knownSize(app);
  if (known === null || app.picture === null) return;
  const block = Number(offsetBytes >> 12n);
  const sector = Number((offsetBytes >> 9n) & 7n);
  app.setCursor({ disk: known.disk, block, sector, by: 'keys', kept: true });
  app.picture.reveal(known.disk, block);
}

export function toggleLayer(app: WindowApp, layer: LayerName): void {
  const { filter } = app.state;
  app.store.setState({ filter: { ...filter, [layer]: !filter[layer] } });
  app.applyLook();
}

export function showAllLayers(app: WindowApp): void {
  app.store.setState({ filter: ALL_LAYERS });
  app.applyLook();
}

export function setCellShift(app: WindowApp, cellShift: number): void {
  app.store.setState({ cellShift });
  app.applyLook();
}

/** Lays disks out in the next way that there is, and remembers it. */
export function nextLayout(app: WindowApp): void {
  const at = CELL_ORDERS.indexOf(app.state.layout);
  app.prefer({ layout: CELL_ORDERS[(at + 1) % CELL_ORDERS.length] ?? 'rows' });
}

/** @param rowCells a power of two; null lets the disk's size choose. */
export function setRowCells(app: WindowApp, rowCells: number | null): void {
  app.store.setState({ rowCells });
  app.applyLook();
}

/** Halves or doubles the row width from what is shown now. */
export function scaleRow(app: WindowApp, factor: 0.5 | 2): void {
  const { activeDisk } = app.state;
  const view = activeDisk === null ? null : (app.picture?.viewOf(activeDisk) ?? null);
  if (view === null) return;
  const rowCells = view.rowCells * factor;
  if (rowCells >= 8 && rowCells <= 65_536) setRowCells(app, rowCells);
}

/** Folds the side panel away, or out again; a narrow window has it over the picture, for the moment only. */
export function toggleSide(app: WindowApp): void {
  const { narrow, sideOver, sideOpen } = app.state;
  if (narrow) app.store.setState({ sideOver: !sideOver });
  else app.prefer({ sideOpen: !sideOpen });
}

export function nextTheme(app: WindowApp): void {
  const at = THEME_CHOICES.indexOf(app.state.theme);
  app.prefer({ theme: THEME_CHOICES[(at + 1) % THEME_CHOICES.length] ?? 'system' });
}

/** Takes the next disk in hand (`step` 1) or the one before (-1). */
export function stepDisk(app: WindowApp, step: 1 | -1): void {
  const disks = shownDisks(app.state);
  const at = disks.findIndex((disk) => disk.id === app.state.activeDisk);
  const next = disks[(at + step + disks.length) % disks.length];
  if (next !== undefined) app.activate(next.id);
}
