import type { ArrayLayout } from '#shared/contract/arrays.ts';
import type { Command } from '#shared/contract/commands.ts';
import { hostedSet, setInHand } from '../store/hosted-set.ts';
import { isAskedAbout } from './host-deeds.ts';
import type { WindowApp } from './window-app.ts';

/** What a person can do with several disks at once, and with an nbdkit that runs for this window. */

export type SetRequest = Omit<Extract<Command, { command: 'hostSet' }>, 'command'>;
export type OpenSetRequest = Omit<Extract<Command, { command: 'openSet' }>, 'command'>;

export function askForSet(app: WindowApp): void {
  app.store.setState({ dialog: 'hostSet', refusal: null });
}

export function hostSet(app: WindowApp, request: SetRequest): void {
  app.send({ command: 'hostSet', ...request });
}

export function askForLogSet(app: WindowApp): void {
  app.store.setState({ dialog: 'openSet', refusal: null });
}

export function openSet(app: WindowApp, request: OpenSetRequest): void {
  if (request.replace) app.uploads.dispose();
  app.send({ command: 'openSet', ...request });
}

/**
 * Stops every disk of a set; asks first while clients other than the built-in one are connected, and when what was
 * written would be lost. The engine refuses to stop a disk of which the window does not know that yet; then it is asked
 * about what is left of the set.
 */
export function stopSet(app: WindowApp, id: number): void {
  const set = hostedSet(app.state.session, id);
  if (set === null) return;
  const asks = set.sources.some(({ host }) => isAskedAbout(host));
  app.store.setState({ asked: null, askingAbout: id, ...(asks ? { dialog: 'stopSet' } : {}) });
  if (!asks) stopSetNow(app, id, false);
}

export function stopSetNow(app: WindowApp, id: number, force: boolean): void {
  for (const source of hostedSet(app.state.session, id)?.sources ?? []) {
    app.send({ command: 'stopHost', source: source.id, force });
  }
}

export function stopSetInHand(app: WindowApp): void {
  const id = setInHand(app.state);
  if (id !== null) stopSet(app, id);
}

export function askForArrays(app: WindowApp): void {
  app.store.setState({ dialog: 'arrays', refusal: null });
}

/** Says which disks make up arrays, instead of what was said before. */
export function setArrays(app: WindowApp, arrays: readonly ArrayLayout[]): void {
  app.send({ command: 'setArrays', arrays: [...arrays] });
}

export function askForNbdkit(app: WindowApp): void {
  app.store.setState({ dialog: 'nbdkit', refusal: null });
}

/** Runs nbdkit with what would stand behind its name on a shell's line; once it serves, the sample makes room for it. */
export function startNbdkit(app: WindowApp, line: string, confirmed: boolean): void {
  app.send({ command: 'startNbdkit', line, confirmed });
}
