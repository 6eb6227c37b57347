import { FileSearch, ListTree, Map as MapIcon, Pointer, Power } from 'lucide-react';
import { structuresOf } from '../control/structure-control.ts';
import {
  askForImage,
  pickFromBlock,
  toggleExplain,
  toggleStructures,
  toggleTree,
} from '../control/structure-deeds.ts';
import type { WindowApp } from '../control/window-app.ts';
import type { AppState } from '../store/app-store.ts';

const isTold = (state: AppState): boolean => structuresOf(state, state.activeDisk) !== null;
/** A disk that is hosted here is read where it is. */
const isElsewhere = (state: AppState): boolean => {
  const known = structuresOf(state, state.activeDisk);
  return known !== null && known.source?.kind !== 'host';
};
const isKnown = (state: AppState): boolean => (structuresOf(state, state.activeDisk)?.version ?? 0) > 0;

/** The part of the action table that is about what lies on the disks. */
export const STRUCTURE_ACTIONS = [
  {
    id: 'structures.show',
    title: 'Show or hide what lies where',
    group: 'Structures',
    keys: [{ code: 'KeyZ' }],
    icon: MapIcon,
    run: toggleStructures,
  },
  {
    id: 'structures.tree',
    title: 'Tree of what lies on the disks: open or close',
    group: 'Structures',
    keys: [{ code: 'KeyY', shift: true }],
    icon: ListTree,
    available: isTold,
    run: toggleTree,
  },
  {
    id: 'structures.pick',
    title: 'Pick what the block belongs to; again for what that lies in',
    group: 'Structures',
    keys: [{ code: 'KeyP', alt: true }],
    icon: Pointer,
    available: isKnown,
    run: (app: WindowApp) => void pickFromBlock(app),
  },
  {
    id: 'structures.image',
    title: 'Read this disk from an image or NBD URI…',
    group: 'Structures',
    keys: [{ code: 'KeyI', alt: true }],
    icon: FileSearch,
    available: isElsewhere,
    run: askForImage,
  },
  {
    id: 'structures.explain',
    title: 'Read what lies on this disk, or stop reading',
    group: 'Structures',
    keys: [{ code: 'KeyJ', alt: true }],
    icon: Power,
    available: isTold,
    run: toggleExplain,
  },
] as const;
