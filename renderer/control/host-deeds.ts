import type { Command, Workload } from '#shared/contract/commands.ts';
import { hostedSource, hostInHand } from '../store/hosted.ts';
import { otherClients } from '../words/host-words.ts';
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
 * Stops a hosted disk; asks first while clients other than the built-in one are connected. One that comes at this very
 * moment is no less asked about: the engine refuses.
 */
export function stopHosting(app: WindowApp, source: number): void {
  const hosted = hostedSource(app.state.session, source);
  if (hosted !== null && otherClients(hosted.host).length > 0) {
    app.store.setState({ dialog: 'stopHost', stopping: source });
  } else {
    app.send({ command: 'stopHost', source, force: false });
  }
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
