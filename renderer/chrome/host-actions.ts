import { HardDrive, Square } from 'lucide-react';
import type { Workload } from '#shared/contract/commands.ts';
import {
  askAboutHostInHand,
  askForHost,
  breakOffInHand,
  stopHostInHand,
  stopWorkloadInHand,
  tryWorkload,
} from '../control/host-deeds.ts';
import type { WindowApp } from '../control/window-app.ts';
import type { AppState } from '../store/app-store.ts';
import { hostInHand } from '../store/hosted.ts';
import { canCommit, isBusy, isCommitting } from '../words/host-words.ts';
import { workloadTitle } from '../words/workloads.ts';

const hosts = (state: AppState): boolean => hostInHand(state) !== null;

function tryOut<const W extends Workload>(workload: W, code: string) {
  return {
    id: `host.try.${workload}` as const,
    title: `Try it: ${workloadTitle(workload).toLowerCase()}`,
    group: 'Hosting',
    keys: [{ code, shift: true }],
    available: hosts,
    run: (app: WindowApp) => tryWorkload(app, workload),
  } as const;
}

function overlay(state: AppState) {
  return hostInHand(state)?.host.overlay ?? null;
}

function asking<const I extends string>(
  id: I,
  title: string,
  code: string,
  dialog: Parameters<typeof askAboutHostInHand>[1],
  available: (state: AppState) => boolean,
) {
  const run = (app: WindowApp) => askAboutHostInHand(app, dialog);
  return { id, title, group: 'Hosting', keys: [{ code, shift: true }], available, run } as const;
}

/** The part of the action table that is about disks hosted here. */
export const HOST_ACTIONS = [
  {
    id: 'host.new',
    title: 'Host a disk…',
    group: 'Hosting',
    keys: [{ code: 'KeyN' }],
    icon: HardDrive,
    run: askForHost,
  },
  {
    id: 'host.stop',
    title: 'Stop hosting this disk',
    group: 'Hosting',
    keys: [{ code: 'KeyQ' }],
    icon: Square,
    available: hosts,
    run: stopHostInHand,
  },
  asking('host.save', 'Save this disk as an image…', 'KeyS', 'saveHost', hosts),
  asking('host.copy', 'Copy this disk to another…', 'KeyD', 'copyHost', hosts),
  asking('host.commit', 'Commit the changes kept apart…', 'KeyU', 'commitOverlay', (state) =>
    canCommit(overlay(state)),
  ),
  asking(
    'host.discard',
    'Discard the changes kept apart…',
    'KeyX',
    'discardOverlay',
    (state) => overlay(state)?.changed === true && !isCommitting(overlay(state)),
  ),
  {
    id: 'host.breakOff',
    title: 'Break off the save, copy or commit',
    group: 'Hosting',
    keys: [{ code: 'KeyB', shift: true }],
    available: (state: AppState) => {
      const hosted = hostInHand(state);
      return hosted !== null && isBusy(hosted.host);
    },
    run: breakOffInHand,
  },
  tryOut('sequential-write', 'Digit1'),
  tryOut('sequential-read', 'Digit2'),
  tryOut('random-write', 'Digit3'),
  tryOut('random-read', 'Digit4'),
  tryOut('copy', 'Digit5'),
  tryOut('trim', 'Digit6'),
  tryOut('partition-table', 'Digit7'),
  tryOut('log-structured', 'Digit8'),
  tryOut('update-in-place', 'Digit9'),
  {
    id: 'host.try.stop',
    title: 'Try it: stop',
    group: 'Hosting',
    keys: [{ code: 'Digit0', shift: true }],
    available: (state: AppState) => (hostInHand(state)?.host.workload ?? null) !== null,
    run: stopWorkloadInHand,
  },
] as const;
