import { CircleDot, Columns2, Save, Table2 } from 'lucide-react';
import { askWhere, canRecord, isRecording, recordOrStop } from '../control/capture-deeds.ts';
import { askForComparison } from '../control/compare-deeds.ts';
import type { WindowApp } from '../control/window-app.ts';
import { type AppState, hasPast } from '../store/app-store.ts';

/** The part of the action table that is about captures and other recordings. */
export const CAPTURE_ACTIONS = [
  {
    id: 'logs.compare',
    title: 'Compare two recordings…',
    group: 'Logs',
    keys: [{ code: 'KeyO', alt: true }],
    icon: Columns2,
    run: askForComparison,
  },
  {
    id: 'capture.record',
    title: 'Record to a file, or stop recording',
    group: 'Logs',
    keys: [{ code: 'KeyC', alt: true }],
    icon: CircleDot,
    available: (state: AppState) => isRecording(state) || canRecord(state),
    run: recordOrStop,
  },
  {
    id: 'capture.save',
    title: 'Save a capture…',
    group: 'Logs',
    keys: [{ code: 'KeyS', alt: true }],
    icon: Save,
    available: hasPast,
    run: (app: WindowApp) => askWhere(app, 'saveCapture'),
  },
  {
    id: 'capture.export',
    title: 'Export requests as Parquet or CSV…',
    group: 'Logs',
    keys: [{ code: 'KeyE', alt: true }],
    icon: Table2,
    available: hasPast,
    run: (app: WindowApp) => askWhere(app, 'exportRequests'),
  },
] as const;
