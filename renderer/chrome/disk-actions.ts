import { Boxes, Eye, EyeOff, Layers, PenLine, Play, Square, TriangleAlert, Zap } from 'lucide-react';
import { hideDiskInHand, moveDiskInHand, showAllDisks, startRenaming } from '../control/disk-deeds.ts';
import { editRule, releaseInHand, toggleErrorInHand } from '../control/fault-deeds.ts';
import { openSample } from '../control/log-deeds.ts';
import { askForArrays, askForLogSet, askForNbdkit, askForSet, stopSetInHand } from '../control/set-deeds.ts';
import type { WindowApp } from '../control/window-app.ts';
import { type AppState, diskInHand } from '../store/app-store.ts';
import { hiddenDisks, shownDisks } from '../store/arrangement.ts';
import { setInHand } from '../store/hosted-set.ts';

const hasDisk = (state: AppState): boolean => state.activeDisk !== null;
const several = (state: AppState): boolean => shownDisks(state).length > 1;
const takesRules = (state: AppState): boolean => diskInHand(state)?.faults.takesRules === true;

function move<const I extends string>(
  id: I,
  title: string,
  code: string,
  by: 'left' | 'right' | 'up' | 'down',
) {
  return {
    id,
    title,
    group: 'Panels',
    keys: [{ code, alt: true }],
    available: several,
    run: (app: WindowApp) => moveDiskInHand(app, by),
  } as const;
}

/** The part of the action table that is about disks, several of them, and what makes them fail. */
export const DISK_ACTIONS = [
  {
    id: 'disk.rename',
    title: 'Rename the disk',
    group: 'Panels',
    keys: [{ code: 'F2' }],
    icon: PenLine,
    available: hasDisk,
    run: (app: WindowApp) => {
      if (app.state.activeDisk !== null) startRenaming(app, app.state.activeDisk);
    },
  },
  {
    id: 'disk.hide',
    title: 'Hide the disk',
    group: 'Panels',
    keys: [{ code: 'KeyH', shift: true }],
    icon: EyeOff,
    available: several,
    run: hideDiskInHand,
  },
  {
    id: 'disk.showAll',
    title: 'Show hidden disks',
    group: 'Panels',
    keys: [{ code: 'KeyU' }],
    icon: Eye,
    available: (state: AppState) => hiddenDisks(state).length > 0,
    run: showAllDisks,
  },
  move('disk.moveLeft', 'Move the panel left', 'ArrowLeft', 'left'),
  move('disk.moveRight', 'Move the panel right', 'ArrowRight', 'right'),
  move('disk.moveUp', 'Move the panel up a row', 'ArrowUp', 'up'),
  move('disk.moveDown', 'Move the panel down a row', 'ArrowDown', 'down'),
  {
    id: 'disk.arrays',
    title: 'Disks make up an array…',
    group: 'Panels',
    keys: [{ code: 'KeyA' }],
    icon: Layers,
    available: several,
    run: askForArrays,
  },
  {
    id: 'fault.error',
    title: 'Error switch: make requests fail, or not',
    group: 'Faults',
    keys: [{ code: 'KeyJ' }],
    icon: TriangleAlert,
    available: (state: AppState) => (diskInHand(state)?.faults.errorSwitch ?? null) !== null,
    run: toggleErrorInHand,
  },
  {
    id: 'fault.rule',
    title: 'Add a fault rule…',
    group: 'Faults',
    keys: [{ code: 'KeyJ', shift: true }],
    icon: Zap,
    available: takesRules,
    run: (app: WindowApp) => {
      const disk = app.state.activeDisk;
      if (disk === null) return;
      app.openSide();
      editRule(app, disk, null);
    },
  },
  {
    id: 'fault.release',
    title: 'Release requests that are held',
    group: 'Faults',
    keys: [{ code: 'KeyD' }],
    available: (state: AppState) => diskInHand(state)?.faults.rules.some((rule) => rule.frozen > 0) === true,
    run: releaseInHand,
  },
  {
    id: 'host.set',
    title: 'Host a set of disks…',
    group: 'Hosting',
    keys: [{ code: 'KeyN', shift: true }],
    icon: Boxes,
    run: askForSet,
  },
  {
    id: 'host.stopSet',
    title: 'Stop hosting the set',
    group: 'Hosting',
    keys: [{ code: 'KeyQ', shift: true }],
    icon: Square,
    available: (state: AppState) => setInHand(state) !== null,
    run: stopSetInHand,
  },
  {
    id: 'logs.sampleRaid',
    title: 'Open the RAID 5 recording',
    group: 'Logs',
    keys: [{ code: 'KeyY' }],
    run: (app: WindowApp) => openSample(app, 'raid5'),
  },
  {
    id: 'logs.openSet',
    title: 'Open a set of logs…',
    group: 'Logs',
    keys: [{ code: 'KeyO', shift: true }],
    run: askForLogSet,
  },
  {
    id: 'logs.nbdkit',
    title: 'Run nbdkit…',
    group: 'Logs',
    keys: [{ code: 'KeyK', shift: true }],
    icon: Play,
    run: askForNbdkit,
  },
] as const;
