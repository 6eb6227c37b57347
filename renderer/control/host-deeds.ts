import type { Command, Workload } from '#shared/contract/commands.ts';
import { type HostedSource, hostedSource, hostInHand } from '../store/hosted.ts';
import { isBusy, isCommitting, otherClients } from '../words/host-words.ts';
import { WORKLOAD_WORDS } from '../words/workloads.ts';
import type { WindowApp } from './window-app.ts';

/** What a person can do about disks that nbdscope hosts. */

export type HostRequest = Omit<Extract<Command, { command: 'hostDisk' }>, 'command'>;

/** Asks what to host. */
export function askForHost(app: WindowApp): void {
  app.store.setState({ dialog: 'host', refusal: null });
}

export function hostDisk(app: WindowApp, request: HostRequest): void {
  app.send({ command: 'hostDisk', ...request });
}

/**
 * Stops a hosted disk; asks first while clients other than the built-in one are connected, when what was written to it
 * would be lost, and while it is saved, copied or committed. What comes at this very moment is no less asked about: the engine refuses.
 */
export function stopHosting(app: WindowApp, source: number): void {
  const hosted = hostedSource(app.state.session, source);
  if (hosted !== null && isAskedAbout(hosted.host)) {
    app.store.setState({ dialog: 'stopHost', asked: source, askingAbout: null });
  } else {
    app.store.setState({ asked: source, askingAbout: null });
    app.send({ command: 'stopHost', source, force: false });
  }
}

/** Whether stopping a disk would lose something or disturb somebody, as far as the window knows. */
export function isAskedAbout(host: HostedSource['host']): boolean {
  return host.unsaved || otherClients(host).length > 0 || isBusy(host);
}

/** Stops a disk whose changes have just been saved, and goes back to the question about its set where it was asked of that. */
export function stopOnceSaved(app: WindowApp, source: number): void {
  const { session, askingAbout } = app.state;
  const set = hostedSource(session, source)?.host.set ?? null;
  stopHosting(app, source);
  if (set !== null && set.id === askingAbout && app.state.dialog === null) {
    app.store.setState({ dialog: 'stopSet', askingAbout: set.id });
  }
}

/** Breaks off the save, copy or commit of the disk in hand. */
export function breakOffInHand(app: WindowApp): void {
  const hosted = hostInHand(app.state);
  if (hosted === null) return;
  const { id: source, host } = hosted;
  if (host.task !== null) app.send({ command: 'cancelHostTask', source });
  if (isCommitting(host.overlay)) app.send({ command: 'cancelCommit', source });
}

/** Asks something about a hosted disk. */
export function askAbout(
  app: WindowApp,
  dialog: 'saveHost' | 'saveAndStopHost' | 'copyHost' | 'commitOverlay' | 'discardOverlay',
  source: number,
): void {
  app.store.setState({ dialog, asked: source, refusal: null });
}

/** Asks what of the disk in hand; nothing where that is not hosted here. */
export function askAboutHostInHand(app: WindowApp, dialog: Parameters<typeof askAbout>[1]): void {
  const hosted = hostInHand(app.state);
  if (hosted !== null) askAbout(app, dialog, hosted.id);
}

export function stopHostInHand(app: WindowApp): void {
  const hosted = hostInHand(app.state);
  if (hosted !== null) stopHosting(app, hosted.id);
}

/** Closes what is open; a hosted disk is stopped, since nobody could see it any more. */
export function closeSource(app: WindowApp, source: number): void {
  if (hostedSource(app.state.session, source) === null) app.send({ command: 'closeSource', source });
  else stopHosting(app, source);
}

/** Why a workload cannot be run on the disk in hand; null when it can. */
export function whyNotRun(app: WindowApp, workload: Workload): string | null {
  const hosted = hostInHand(app.state);
  if (hosted === null) return 'the disk in hand is not hosted here';
  const writes = WORKLOAD_WORDS.some((one) => one.workload === workload && one.writes);
  return writes && hosted.host.readOnly ? 'the disk is read-only' : null;
}

/** Runs a workload on the disk in hand; says why where it cannot. */
export function tryWorkload(app: WindowApp, workload: Workload): void {
  const hosted = hostInHand(app.state);
  const reason = whyNotRun(app, workload);
  if (hosted !== null && reason === null) {
    app.send({ command: 'runWorkload', source: hosted.id, workload });
  } else {
    app.notify({ level: 'info', text: `Nothing was tried: ${reason}`, detail: null });
  }
}

export function stopWorkloadInHand(app: WindowApp): void {
  const hosted = hostInHand(app.state);
  if (hosted !== null) app.send({ command: 'stopWorkload', source: hosted.id });
}
