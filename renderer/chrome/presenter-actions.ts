import { Presentation } from 'lucide-react';
import { showAtSize } from '../control/frame-deeds.ts';
import { stepMark } from '../control/mark-deeds.ts';
import {
  enterPresenter,
  goToFirstMark,
  leavePresenter,
  seen,
  toggleBlank,
} from '../control/presenter-deeds.ts';
import type { WindowApp } from '../control/window-app.ts';
import type { AppState } from '../store/app-store.ts';
import type { KeyChord } from './actions.ts';

const isPresenting = (state: AppState): boolean => state.presenting;

/** An action whose keys mean it in presenter mode alone, whatever they mean otherwise. */
function presenting<const I extends string>(
  id: I,
  title: string,
  keys: readonly KeyChord[],
  run: (app: WindowApp) => void,
) {
  return { id, title, group: 'Presenter', keys, mode: 'presenting', available: isPresenting, run } as const;
}

/** The part of the action table for whoever shows the window to others. Clickers send Page Up, Page Down, F5, B and full stop. */
export const PRESENTER_ACTIONS = [
  {
    id: 'present.toggle',
    title: 'Presenter mode: the picture alone, on the whole screen',
    group: 'Presenter',
    keys: [{ code: 'KeyP', shift: true }],
    icon: Presentation,
    run: (app: WindowApp) => (app.state.presenting ? leavePresenter(app) : enterPresenter(app)),
  },
  presenting('present.leave', 'Leave presenter mode', [{ code: 'Escape' }], leavePresenter),
  presenting(
    'present.next',
    'Go to the next caption',
    [{ code: 'PageDown' }, { code: 'ArrowRight' }, { code: 'ArrowDown' }],
    seen((app) => stepMark(app, 1)),
  ),
  presenting(
    'present.previous',
    'Go to the caption before',
    [{ code: 'PageUp' }, { code: 'ArrowLeft' }, { code: 'ArrowUp' }],
    seen((app) => stepMark(app, -1)),
  ),
  presenting(
    'present.first',
    'Go to the first caption',
    // F5 is what clickers begin with; in a browser it would load the page again before the audience.
    [{ code: 'Home' }, { code: 'F5' }, { code: 'F5', shift: true }],
    seen(goToFirstMark),
  ),
  presenting(
    'present.freeze',
    'Freeze the picture, or let it go on',
    [{ code: 'KeyF' }],
    seen((app) => app.setPaused(!app.state.paused)),
  ),
  presenting(
    'present.blank',
    'Black screen, or the picture again',
    [{ code: 'KeyB' }, { code: 'Period' }],
    toggleBlank,
  ),
  presenting('present.pointer', 'Ring around the pointer', [{ code: 'KeyL' }], (app) =>
    app.prefer({ pointerRing: !app.state.pointerRing }),
  ),
  {
    id: 'window.size720',
    title: 'Window of exactly 1280 x 720, for recording it',
    group: 'Window',
    keys: [{ code: 'F7' }],
    run: (app: WindowApp) => void showAtSize(app, { widthPx: 1280, heightPx: 720 }),
  },
  {
    id: 'window.size1080',
    title: 'Window of exactly 1920 x 1080, for recording it',
    group: 'Window',
    keys: [{ code: 'F8' }],
    run: (app: WindowApp) => void showAtSize(app, { widthPx: 1920, heightPx: 1080 }),
  },
] as const;
