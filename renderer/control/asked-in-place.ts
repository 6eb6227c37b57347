import type { SessionInfo } from '#shared/contract/messages.ts';
import { type AppState, showsSide } from '../store/app-store.ts';
import { hostedSource, hostInHand } from '../store/hosted.ts';
import { hostedSet } from '../store/hosted-set.ts';

/** The dialog that asks about stopping what the engine did not stop; null when another dialog is open, or it is gone. */
export function stopQuestion({
  dialog,
  session,
  asked,
  askingAbout,
}: AppState): 'stopHost' | 'stopSet' | null {
  if (dialog === 'stopHost' || dialog === 'stopSet') return dialog;
  if (dialog !== null) return null;
  if (hostedSource(session, asked) !== null) return 'stopHost';
  return asked === null && hostedSet(session, askingAbout) !== null ? 'stopSet' : null;
}

/** Whether what was asked is still to be seen, with a place for the refusal. */
export function standsInPlace(command: string, state: AppState): boolean {
  switch (command) {
    case 'setDiskSize':
      return true;
    case 'setDiskImage':
      return state.dialog === 'diskImage';
    case 'openLogs':
      return state.dialog === 'open';
    case 'hostDisk':
      return state.dialog === 'host';
    case 'saveHost':
      return state.dialog === 'saveHost' || state.dialog === 'saveAndStopHost';
    case 'startCapture':
      return state.dialog === 'record';
    case 'saveCapture':
      return state.dialog === 'saveCapture' || state.dialog === 'exportRequests';
    case 'copyHost':
      return state.dialog === 'copyHost';
    case 'compare':
      return state.dialog === 'compare';
    case 'openSet':
      return state.dialog === 'openSet';
    case 'hostSet':
      return state.dialog === 'hostSet';
    case 'setArrays':
      return state.dialog === 'arrays';
    case 'setErrorFile':
      return state.dialog === 'errorFile';
    case 'startNbdkit':
      return state.dialog === 'nbdkit';
    case 'setFaultRules':
      return showsSide(state) && state.faultsOpen;
    case 'setHostParameter':
    case 'setHostReadOnly':
      return showsSide(state) && hostInHand(state) !== null;
    default:
      return false;
  }
}

/** Error switches that were asked to move and do not stand there yet. */
export function stillAsked(asked: AppState['askedErrors'], session: SessionInfo): AppState['askedErrors'] {
  if (asked.size === 0) return asked;
  const standsAt = (disk: number): boolean | undefined =>
    session.disks.find((one) => one.id === disk)?.faults.errorSwitch?.on;
  return new Map([...asked].filter(([disk, on]) => standsAt(disk) !== on));
}
