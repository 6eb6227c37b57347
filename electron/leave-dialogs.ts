import { homedir } from 'node:os';
import { join } from 'node:path';
import { BrowserWindow, dialog } from 'electron';
import type { DiskAtStake } from '#engine/hosted-disks.ts';
import type { EngineHost } from './engine-host.ts';
import { imageName, type LeaveChoice, type LeaveQuestion } from './leave-question.ts';

/** Asks in the system's own dialog, over the window where there is one. */
export async function askBeforeLeaving({ message, detail, choices }: LeaveQuestion): Promise<LeaveChoice> {
  const options = {
    type: 'warning' as const,
    title: 'nbdscope',
    message,
    detail,
    buttons: choices.map(({ label }) => label),
    defaultId: 0,
    cancelId: choices.findIndex(({ choice }) => choice === 'stay'),
    noLink: true,
  };
  const [window] = BrowserWindow.getAllWindows();
  const { response } = await (window === undefined
    ? dialog.showMessageBox(options)
    : dialog.showMessageBox(window, options));
  return choices[response]?.choice ?? 'stay';
}

/** Saves a disk where the system's own dialog says; its progress stands in the window. False when it was not saved. */
export async function saveBeforeLeaving(engine: EngineHost, { source, name }: DiskAtStake): Promise<boolean> {
  const { canceled, filePath } = await dialog.showSaveDialog({
    title: `Save ${name} as an image`,
    defaultPath: join(homedir(), imageName(name)),
    properties: ['createDirectory', 'showOverwriteConfirmation'],
  });
  if (canceled || filePath === '') return false;
  const problem = await engine.save(source, filePath);
  if (problem !== null) dialog.showErrorBox(`${name} was not saved`, problem);
  return problem === null;
}
