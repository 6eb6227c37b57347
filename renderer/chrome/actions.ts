import {
  Crosshair,
  Eraser,
  FolderOpen,
  Keyboard,
  type LucideIcon,
  Maximize,
  Palette as PaletteIcon,
  PanelBottom,
  PanelRight,
  Search,
  Waypoints,
  ZoomIn,
  ZoomOut,
} from 'lucide-react';
import { askForLogs, dismissAllNotices, openSample } from '../control/log-deeds.ts';
import {
  fitAll,
  keepCursor,
  moveCursorBy,
  nextLayout,
  nextTheme,
  panByKeys,
  scaleRow,
  setRowCells,
  showAllLayers,
  stepDisk,
  toggleLayer,
  toggleSide,
  zoomBy,
} from '../control/picture-deeds.ts';
import { jumpToDisk, release, selectByKeys, showAllWhole, toggleEnlarged } from '../control/select-deeds.ts';
import type { WindowApp } from '../control/window-app.ts';
import type { CursorMove } from '../picture/cursor-moves.ts';
import type { AppState } from '../store/app-store.ts';
import { shownDisks } from '../store/arrangement.ts';
import { ASK_ACTIONS } from './ask-actions.ts';
import { CAPTURE_ACTIONS } from './capture-actions.ts';
import { DISK_ACTIONS } from './disk-actions.ts';
import { FILM_ACTIONS } from './film-actions.ts';
import { HOST_ACTIONS } from './host-actions.ts';
import { MARK_ACTIONS } from './mark-actions.ts';
import { PRESENTER_ACTIONS } from './presenter-actions.ts';
import { STRUCTURE_ACTIONS } from './structure-actions.ts';
import { TIME_ACTIONS } from './time-actions.ts';

/** A key by its place on the keyboard (KeyboardEvent.code), whatever letter the layout puts there. */
export interface KeyChord {
  readonly code: string;
  readonly shift?: boolean;
  /** Command on a Mac, Control elsewhere. */
  readonly mod?: boolean;
  readonly alt?: boolean;
}

export const ACTION_GROUPS = [
  'Logs',
  'Hosting',
  'Faults',
  'Time',
  'Marks',
  'Questions',
  'Structures',
  'Picture',
  'Move about',
  'Panels',
  'Layers',
  'Presenter',
  'Window',
] as const;
export type ActionGroup = (typeof ACTION_GROUPS)[number];

/** Something a person can do. Keys, menus, command palette, tooltips and the list of keys all come from here. */
export interface Action {
  readonly id: string;
  readonly title: string;
  readonly group: ActionGroup;
  readonly keys: readonly KeyChord[];
  /** Its keys mean it only then, and then before anything else. */
  readonly mode?: 'presenting';
  readonly icon?: LucideIcon;
  readonly run: (app: WindowApp) => void;
  /** False while there is nothing for it to act on. Absent: always. */
  readonly available?: (state: AppState) => boolean;
}

const hasDisk = (state: AppState): boolean => state.activeDisk !== null;
const hasDisks = (state: AppState): boolean => shownDisks(state).length > 1;

function move(id: string, title: string, to: CursorMove, ...keys: KeyChord[]): Action {
  return { id, title, group: 'Move about', keys, available: hasDisk, run: (app) => moveCursorBy(app, to) };
}

function pan(id: string, title: string, code: string, dx: -1 | 0 | 1, dy: -1 | 0 | 1): Action {
  return {
    id,
    title,
    group: 'Move about',
    keys: [{ code, mod: true }],
    available: hasDisk,
    run: (app) => panByKeys(app, dx, dy),
  };
}

function selecting(id: string, title: string, to: CursorMove, code: string): Action {
  return {
    id,
    title,
    group: 'Move about',
    keys: [{ code, shift: true }],
    available: hasDisk,
    run: (app) => selectByKeys(app, to),
  };
}

function jump(n: number): Action {
  return {
    id: `panel.jump${n}`,
    title: `Disk ${n}`,
    group: 'Panels',
    keys: [{ code: `Digit${n}` }, { code: `Numpad${n}` }],
    available: (state) => shownDisks(state).length >= n,
    run: (app) => jumpToDisk(app, n),
  };
}

function layer(name: Parameters<typeof toggleLayer>[1], title: string, code: string): Action {
  return {
    id: `layer.${name}`,
    title,
    group: 'Layers',
    keys: [{ code, shift: true }],
    run: (app) => toggleLayer(app, name),
  };
}

export const ACTIONS = [
  {
    id: 'logs.open',
    title: 'Open a log…',
    group: 'Logs',
    keys: [{ code: 'KeyO' }, { code: 'KeyO', mod: true }],
    icon: FolderOpen,
    run: (app) => void askForLogs(app),
  },
  {
    id: 'logs.sample',
    title: 'Open the sample recording',
    group: 'Logs',
    keys: [{ code: 'KeyE' }],
    run: (app) => openSample(app),
  },
  {
    id: 'logs.dismiss',
    title: 'Dismiss all notices',
    group: 'Logs',
    keys: [{ code: 'KeyX' }],
    run: dismissAllNotices,
  },
  ...CAPTURE_ACTIONS,
  ...HOST_ACTIONS,
  ...DISK_ACTIONS,
  ...TIME_ACTIONS,
  ...MARK_ACTIONS,
  ...ASK_ACTIONS,
  {
    id: 'picture.clear',
    title: 'Clear the picture',
    group: 'Picture',
    keys: [{ code: 'KeyC' }],
    icon: Eraser,
    available: hasDisk,
    run: (app) => app.send({ command: 'clearPicture' }),
  },
  {
    id: 'picture.hold',
    title: 'Hold the picture while recording goes on',
    group: 'Picture',
    keys: [{ code: 'KeyH' }],
    available: hasDisk,
    run: (app) => app.setPaused(!app.state.paused),
  },
  ...FILM_ACTIONS,
  {
    id: 'picture.fit',
    title: 'Show the whole disk',
    group: 'Picture',
    keys: [{ code: 'KeyF' }],
    icon: Maximize,
    available: hasDisk,
    run: fitAll,
  },
  {
    id: 'picture.zoomIn',
    title: 'Zoom in',
    group: 'Picture',
    keys: [{ code: 'Equal' }, { code: 'Equal', shift: true }, { code: 'NumpadAdd' }],
    icon: ZoomIn,
    available: hasDisk,
    run: (app) => zoomBy(app, 1),
  },
  {
    id: 'picture.zoomOut',
    title: 'Zoom out',
    group: 'Picture',
    keys: [{ code: 'Minus' }, { code: 'NumpadSubtract' }],
    icon: ZoomOut,
    available: hasDisk,
    run: (app) => zoomBy(app, -1),
  },
  {
    id: 'picture.narrower',
    title: 'Halve the row width',
    group: 'Picture',
    keys: [{ code: 'BracketLeft', shift: true }],
    available: hasDisk,
    run: (app) => scaleRow(app, 0.5),
  },
  {
    id: 'picture.wider',
    title: 'Double the row width',
    group: 'Picture',
    keys: [{ code: 'BracketRight', shift: true }],
    available: hasDisk,
    run: (app) => scaleRow(app, 2),
  },
  {
    id: 'picture.autoRow',
    title: 'Choose the row width by the disk',
    group: 'Picture',
    keys: [{ code: 'Backslash' }],
    available: (state) => state.rowCells !== null,
    run: (app) => setRowCells(app, null),
  },
  {
    id: 'picture.layout',
    title: 'Next layout: rows, serpentine, Hilbert curve',
    group: 'Picture',
    keys: [{ code: 'KeyV' }],
    icon: Waypoints,
    run: nextLayout,
  },
  {
    id: 'move.goTo',
    title: 'Go to a block, sector or byte…',
    group: 'Move about',
    keys: [{ code: 'KeyG' }],
    icon: Crosshair,
    available: hasDisk,
    run: (app) => app.store.setState({ dialog: 'goTo' }),
  },
  move('move.left', 'Cursor left', 'left', { code: 'ArrowLeft' }),
  move('move.right', 'Cursor right', 'right', { code: 'ArrowRight' }),
  move('move.up', 'Cursor up', 'up', { code: 'ArrowUp' }),
  move('move.down', 'Cursor down', 'down', { code: 'ArrowDown' }),
  move('move.rowStart', 'Cursor to the start of the row', 'rowStart', { code: 'Home' }),
  move('move.rowEnd', 'Cursor to the end of the row', 'rowEnd', { code: 'End' }),
  move('move.diskStart', 'Cursor to the first block', 'diskStart', { code: 'Home', mod: true }),
  move('move.diskEnd', 'Cursor to the last block', 'diskEnd', { code: 'End', mod: true }),
  move('move.pageUp', 'Cursor a page up', 'pageUp', { code: 'PageUp' }),
  move('move.pageDown', 'Cursor a page down', 'pageDown', { code: 'PageDown' }),
  {
    id: 'move.keep',
    title: 'Keep the block in hand, or let it go; without one, enlarge the disk',
    group: 'Move about',
    keys: [{ code: 'Enter' }, { code: 'NumpadEnter' }],
    available: hasDisk,
    run: keepCursor,
  },
  {
    id: 'move.release',
    title: 'Put away selection, cursor or enlargement',
    group: 'Move about',
    keys: [{ code: 'Escape' }],
    run: release,
  },
  selecting('move.selectLeft', 'Select to the left', 'left', 'ArrowLeft'),
  selecting('move.selectRight', 'Select to the right', 'right', 'ArrowRight'),
  selecting('move.selectUp', 'Select upwards', 'up', 'ArrowUp'),
  selecting('move.selectDown', 'Select downwards', 'down', 'ArrowDown'),
  selecting('move.selectRowStart', 'Select to the start of the row', 'rowStart', 'Home'),
  selecting('move.selectRowEnd', 'Select to the end of the row', 'rowEnd', 'End'),
  pan('move.panLeft', 'Look further left', 'ArrowLeft', -1, 0),
  pan('move.panRight', 'Look further right', 'ArrowRight', 1, 0),
  pan('move.panUp', 'Look further up', 'ArrowUp', 0, -1),
  pan('move.panDown', 'Look further down', 'ArrowDown', 0, 1),
  {
    id: 'move.nextDisk',
    title: 'Next disk',
    group: 'Move about',
    keys: [{ code: 'BracketRight' }],
    available: hasDisks,
    run: (app) => stepDisk(app, 1),
  },
  {
    id: 'move.previousDisk',
    title: 'Previous disk',
    group: 'Move about',
    keys: [{ code: 'BracketLeft' }],
    available: hasDisks,
    run: (app) => stepDisk(app, -1),
  },
  jump(1),
  jump(2),
  jump(3),
  jump(4),
  jump(5),
  jump(6),
  jump(7),
  jump(8),
  jump(9),
  {
    id: 'panel.all',
    title: 'All disks again, each whole',
    group: 'Panels',
    keys: [{ code: 'Digit0' }, { code: 'Numpad0' }],
    available: hasDisk,
    run: showAllWhole,
  },
  {
    id: 'panel.enlarge',
    title: 'Enlarge the disk, or put it back',
    group: 'Panels',
    keys: [{ code: 'KeyM' }],
    available: hasDisk,
    run: (app) => toggleEnlarged(app),
  },
  layer('read', 'Show or hide reads', 'KeyR'),
  layer('write', 'Show or hide writes', 'KeyW'),
  layer('trim', 'Show or hide trims', 'KeyT'),
  layer('zero', 'Show or hide zeroes', 'KeyZ'),
  layer('error', 'Show or hide errors', 'KeyE'),
  layer('inFlight', 'Show or hide requests in flight', 'KeyF'),
  {
    id: 'layer.all',
    title: 'Show every layer',
    group: 'Layers',
    keys: [{ code: 'KeyA', shift: true }],
    run: showAllLayers,
  },
  ...STRUCTURE_ACTIONS,
  ...PRESENTER_ACTIONS,
  {
    id: 'window.palette',
    title: 'Find a command…',
    group: 'Window',
    keys: [{ code: 'KeyK', mod: true }, { code: 'KeyP' }],
    icon: Search,
    run: (app) => app.store.setState({ dialog: 'palette' }),
  },
  {
    id: 'window.theme',
    title: 'Next theme',
    group: 'Window',
    keys: [{ code: 'KeyT' }],
    icon: PaletteIcon,
    run: nextTheme,
  },
  {
    id: 'window.side',
    title: 'Side panel',
    group: 'Window',
    keys: [{ code: 'KeyB' }],
    icon: PanelRight,
    run: toggleSide,
  },
  {
    id: 'window.footer',
    title: 'Timeline',
    group: 'Window',
    keys: [{ code: 'KeyL', shift: true }],
    icon: PanelBottom,
    run: (app) => app.prefer({ footerOpen: !app.state.footerOpen }),
  },
  {
    id: 'window.hint',
    title: 'Getting started',
    group: 'Window',
    keys: [{ code: 'KeyI' }],
    run: (app) => app.prefer({ hintOpen: !app.state.hintOpen }),
  },
  {
    id: 'window.keys',
    title: 'List of keys',
    group: 'Window',
    keys: [{ code: 'Slash', shift: true }, { code: 'F1' }],
    icon: Keyboard,
    run: (app) => app.store.setState({ dialog: 'help' }),
  },
] as const satisfies readonly Action[];

export type ActionId = (typeof ACTIONS)[number]['id'];

/** The action of that name; throws RangeError when there is none, which a test rules out. */
export function actionOf(id: string): Action {
  const action = ACTIONS.find((candidate) => candidate.id === id);
  if (action === undefined) throw new RangeError(`no action is called "${id}"`);
  return action;
}

export function isAvailable(action: Action, state: AppState): boolean {
  return action.available === undefined || action.available(state);
}
