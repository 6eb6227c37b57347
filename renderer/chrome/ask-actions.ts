import { ChartScatter, Flame, History, Sigma, Timer } from 'lucide-react';
import { askAboutBlocks, nextHeat, toggleDrawer, toggleDrawerHeight } from '../control/ask-deeds.ts';
import { type AppState, hasPast } from '../store/app-store.ts';
import type { Action } from './actions.ts';

const hasDisk = (state: AppState): boolean => state.activeDisk !== null;

/** What can be asked about the past. */
export const ASK_ACTIONS = [
  {
    id: 'ask.block',
    title: 'What touched the block or the selection',
    group: 'Questions',
    keys: [{ code: 'KeyW' }],
    icon: History,
    available: hasDisk,
    run: askAboutBlocks,
  },
  {
    id: 'ask.span',
    title: 'What the span held',
    group: 'Questions',
    keys: [{ code: 'KeyW', alt: true }],
    icon: Sigma,
    available: hasPast,
    run: (app) => toggleDrawer(app, 'span'),
  },
  {
    id: 'ask.latency',
    title: 'Latency over time, disk by disk',
    group: 'Questions',
    keys: [{ code: 'KeyL', alt: true }],
    icon: Timer,
    available: hasPast,
    run: (app) => toggleDrawer(app, 'latency'),
  },
  {
    id: 'ask.seek',
    title: 'Seek plot: where requests went over time',
    group: 'Questions',
    keys: [{ code: 'KeyK', alt: true }],
    icon: ChartScatter,
    available: hasPast,
    run: (app) => toggleDrawer(app, 'seek'),
  },
  {
    id: 'ask.tall',
    title: 'Enlarge the drawer, or put it back',
    group: 'Questions',
    keys: [{ code: 'KeyY', alt: true }],
    available: (state) => state.drawer !== null,
    run: toggleDrawerHeight,
  },
  {
    id: 'ask.heat',
    title: 'Next colours: state, writes, reads, age',
    group: 'Questions',
    keys: [{ code: 'KeyX', alt: true }],
    icon: Flame,
    available: hasDisk,
    run: nextHeat,
  },
] as const satisfies readonly Action[];
