import { createContext, useContext } from 'react';
import { useStore } from 'zustand';
import type { WindowApp } from '../control/window-app.ts';
import type { AppState } from '../store/app-store.ts';

export const AppContext = createContext<WindowApp | null>(null);

/** The window's app; throws where a component stands outside of it. */
export function useApp(): WindowApp {
  const app = useContext(AppContext);
  if (app === null) throw new Error('this component needs an AppContext around it');
  return app;
}

/** A part of the window's state, and again whenever that part changes. */
export function useAppState<T>(select: (state: AppState) => T): T {
  return useStore(useApp().store, select);
}
