import { columnsOf, movedTo, shownDisks } from '../store/arrangement.ts';
import type { WindowApp } from './window-app.ts';

/** What a person can do with the panels of disks: name them, put them in order, put them away. */

/** Begins to write a disk's name in its header. */
export function startRenaming(app: WindowApp, disk: number): void {
  app.activate(disk);
  app.store.setState({ renaming: disk });
}

/** Gives a disk another name in every window; an empty one gives it back its own. */
export function renameDisk(app: WindowApp, disk: number, name: string): void {
  app.store.setState({ renaming: null });
  const old = app.state.session?.disks.find((candidate) => candidate.id === disk);
  if (old !== undefined && old.name !== name.trim()) {
    app.send({ command: 'renameDisk', disk, name: name.trim() });
  }
}

/** Puts a disk's panel where another's stands. */
export function moveDiskTo(app: WindowApp, disk: number, to: number): void {
  const disks = app.state.session?.disks.map((candidate) => candidate.id) ?? [];
  app.arrange({ order: movedTo(disks, disk, to) });
}

/** Moves the panel of the disk in hand by so many places, or by a row of panels. */
export function moveDiskInHand(app: WindowApp, by: 'left' | 'right' | 'up' | 'down'): void {
  const disk = app.state.activeDisk;
  if (disk !== null) moveDiskBy(app, disk, by);
}

export function moveDiskBy(app: WindowApp, disk: number, by: 'left' | 'right' | 'up' | 'down'): void {
  const shown = shownDisks(app.state).map((one) => one.id);
  const row = columnsOf(app.state.tiles);
  const step = { left: -1, right: 1, up: -row, down: row }[by];
  const at = shown.indexOf(disk);
  const to = shown[at + step];
  if (at >= 0 && to !== undefined) moveDiskTo(app, disk, to);
}

/** Puts a disk's panel away; the disk goes on, and the next one is taken in hand. */
export function hideDisk(app: WindowApp, disk: number): void {
  const shown = shownDisks(app.state).map((one) => one.id);
  if (shown.length <= 1) {
    app.notify({ level: 'info', text: 'This is the last panel: it stays', detail: null });
    return;
  }
  const at = shown.indexOf(disk);
  const next = shown[at + 1] ?? shown[at - 1];
  app.arrange({ hidden: [...app.state.hidden, disk] });
  if (app.state.activeDisk === disk && next !== undefined) app.activate(next);
}

export function hideDiskInHand(app: WindowApp): void {
  const disk = app.state.activeDisk;
  if (disk !== null) hideDisk(app, disk);
}

/** Brings a hidden disk's panel back where it stood. */
export function showDisk(app: WindowApp, disk: number): void {
  app.arrange({ hidden: app.state.hidden.filter((one) => one !== disk) });
  app.activate(disk);
}

export function showAllDisks(app: WindowApp): void {
  app.arrange({ hidden: [] });
}
