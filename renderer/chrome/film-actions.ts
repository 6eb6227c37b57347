import { Circle, Clapperboard, Image } from 'lucide-react';
import type { AppState } from '../store/app-store.ts';
import type { Action } from './actions.ts';

const hasDisk = (state: AppState): boolean => state.activeDisk !== null;

/** Pictures and films of what the window shows. */
export const FILM_ACTIONS = [
  {
    id: 'picture.save',
    title: 'Save a picture…',
    group: 'Picture',
    keys: [{ code: 'KeyS' }],
    icon: Image,
    available: hasDisk,
    run: (app) => app.store.setState({ dialog: 'exportPicture' }),
  },
  {
    id: 'film.export',
    title: 'Export a film…',
    group: 'Picture',
    keys: [{ code: 'KeyS', mod: true }],
    icon: Clapperboard,
    available: hasDisk,
    run: (app) => app.store.setState({ dialog: 'exportFilm' }),
  },
  {
    id: 'film.record',
    title: 'Record the window, or end the recording',
    group: 'Picture',
    keys: [{ code: 'KeyR', alt: true }],
    icon: Circle,
    available: (state) => hasDisk(state) && state.film?.kind !== 'export',
    run: (app) => void app.films.toggleRecording(),
  },
] as const satisfies readonly Action[];
