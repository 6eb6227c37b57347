import { Play, Radio, RotateCcw, StepBack, StepForward } from 'lucide-react';
import {
  goLive,
  hasPast,
  isInPast,
  playFromStart,
  playOrPause,
  stepRequest,
  stepSpeed,
} from '../control/time-deeds.ts';
import type { Action } from './actions.ts';

/** What a person can do about time. */
export const TIME_ACTIONS = [
  {
    id: 'replay.play',
    title: 'Play or pause',
    group: 'Time',
    keys: [{ code: 'Space' }],
    icon: Play,
    available: (state) => state.activeDisk !== null,
    run: playOrPause,
  },
  {
    id: 'replay.restart',
    title: 'Replay from the start',
    group: 'Time',
    keys: [{ code: 'KeyR' }],
    icon: RotateCcw,
    available: hasPast,
    run: playFromStart,
  },
  {
    id: 'replay.faster',
    title: 'Faster',
    group: 'Time',
    keys: [{ code: 'Period' }],
    available: hasPast,
    run: (app) => stepSpeed(app, 1),
  },
  {
    id: 'replay.slower',
    title: 'Slower',
    group: 'Time',
    keys: [{ code: 'Comma' }],
    available: hasPast,
    run: (app) => stepSpeed(app, -1),
  },
  {
    id: 'time.nextRequest',
    title: 'Step to the next request',
    group: 'Time',
    keys: [{ code: 'Period', shift: true }],
    icon: StepForward,
    available: isInPast,
    run: (app) => stepRequest(app, 1),
  },
  {
    id: 'time.previousRequest',
    title: 'Step to the previous request',
    group: 'Time',
    keys: [{ code: 'Comma', shift: true }],
    icon: StepBack,
    available: hasPast,
    run: (app) => stepRequest(app, -1),
  },
  {
    id: 'time.live',
    title: 'Back to live',
    group: 'Time',
    keys: [{ code: 'KeyZ' }],
    icon: Radio,
    available: isInPast,
    run: goLive,
  },
] as const satisfies readonly Action[];
