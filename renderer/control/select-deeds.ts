import { blockCount } from '../grid/plane.ts';
import { blocksAround } from '../grid/plane-place.ts';
import { type CursorMove, moveCursor } from '../picture/cursor-moves.ts';
import type { WindowApp } from './window-app.ts';

/** Selecting a range of a disk's blocks, by pointer or keys. A drawn cell is selected with all it stands for in a row. */

/** Selects from the cell of one block to the cell of another, in the order of the disk, whichever comes first. */
export function selectBetween(app: WindowApp, disk: number, from: number, to: number): void {
  const view = app.picture?.viewOf(disk) ?? null;
  const sizeBytes = app.picture?.disks.find((one) => one.id === disk)?.sizeBytes ?? null;
  if (view === null || sizeBytes === null) return;
  const a = blocksAround(view, from);
  const b = blocksAround(view, to);
  const firstBlock = Math.min(a.first, b.first);
  const endBlock = Math.min(Math.max(a.end, b.end), blockCount(sizeBytes));
  app.select({ disk, firstBlock, endBlock }, from);
}

/** Selects what lies between two points of the grid area, CSS px, on the disk under the first. */
export function selectByPointer(
  app: WindowApp,
  fromXPx: number,
  fromYPx: number,
  toXPx: number,
  toYPx: number,
): void {
  const start = app.picture?.placeUnder(fromXPx, fromYPx) ?? null;
  if (start === null || app.picture === null) return;
  const end = app.picture.blockNear(start.disk, toXPx, toYPx);
  if (end === null) return;
  app.activate(start.disk);
  selectBetween(app, start.disk, start.block, end);
}

/** Moves the cursor and selects from where it stood before the first of such moves. */
export function selectByKeys(app: WindowApp, move: CursorMove): void {
  const disk = app.diskInHand();
  const { picture, cursor } = app;
  if (picture === null || disk === null || disk.sizeBytes === null) return;
  const view = picture.viewOf(disk.id);
  if (view === null) return;
  const from = cursor?.disk === disk.id ? cursor.block : null;
  const goesOn = app.state.selection?.disk === disk.id && app.selectionAnchor !== null;
  const anchor = goesOn ? (app.selectionAnchor ?? 0) : (from ?? 0);
  const block =
    from === null ? 0 : moveCursor(view, BigInt(disk.sizeBytes), picture.gridHeightPx(disk.id), from, move);
  app.setCursor({ disk: disk.id, block, sector: 0, by: 'keys', kept: false });
  picture.reveal(disk.id, block);
  selectBetween(app, disk.id, anchor, block);
}

/** Escape: undoes the latest of selection, cursor, picked structure and enlargement, one at a time. */
export function release(app: WindowApp): void {
  if (app.state.selection !== null) app.select(null);
  else if (app.cursor !== null) app.setCursor(null);
  else if (app.state.picked.picked !== null) app.structures.picked.pick(null, 0);
  else app.enlarge(null);
}

/** Gives the disk in hand the whole area, or every disk its place again. */
export function toggleEnlarged(app: WindowApp, disk: number | null = app.state.activeDisk): void {
  app.enlarge(app.state.enlarged === disk ? null : disk);
}

/** Takes the n-th panel's disk in hand, from 1, and shows its cursor; an enlarged panel gives way to it. */
export function jumpToDisk(app: WindowApp, n: number): void {
  const disk = app.picture?.disks[n - 1];
  if (disk === undefined || app.picture === null) return;
  app.activate(disk.id);
  if (app.state.enlarged !== null) app.enlarge(disk.id);
  if (app.cursor?.disk === disk.id) app.picture.reveal(disk.id, app.cursor.block);
  app.picture.focusGrid(disk.id);
}

/** Every disk in its place, each shown whole. */
export function showAllWhole(app: WindowApp): void {
  app.enlarge(null);
  for (const disk of app.picture?.disks ?? []) app.picture?.fit(disk.id);
}
