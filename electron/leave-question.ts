import type { DiskAtStake } from '#engine/hosted-disks.ts';

/** What a person can decide when the app is to end: save first, lose what is unsaved, or go on. */
export type LeaveChoice = 'save' | 'leave' | 'stay';

/** What is asked before the app ends. The first choice is the one that Enter takes. */
export interface LeaveQuestion {
  readonly message: string;
  readonly detail: string;
  readonly choices: readonly { readonly choice: LeaveChoice; readonly label: string }[];
}

const STAY = { choice: 'stay', label: 'Cancel' } as const;

/**
 * What to ask before the hosted disks end; null where nothing is lost and nobody disturbed.
 * @param disks those at stake; null when the engine does not tell.
 */
export function leaveQuestion(disks: readonly DiskAtStake[] | null): LeaveQuestion | null {
  if (disks === null) {
    return {
      message: 'The engine does not answer.',
      detail:
        'What was written to disks that are hosted here, and was not saved, is lost if nbdscope ends now.',
      choices: [STAY, { choice: 'leave', label: 'Quit all the same' }],
    };
  }
  if (disks.length === 0) return null;
  const unsaved = disks.filter((disk) => disk.unsaved);
  const clients = disks.reduce((sum, disk) => sum + disk.clients, 0);
  const use = `${clients === 1 ? '1 client uses a disk' : `${clients} clients use disks`} hosted here and will get errors.`;
  if (unsaved.length === 0) {
    const choices = [STAY, { choice: 'leave', label: 'Quit' } as const];
    return { message: 'Quit, though disks are in use?', detail: use, choices };
  }
  const names = unsaved.map(({ name }) => name).join(', ');
  const it = unsaved.length === 1 ? 'it' : 'them';
  return {
    message: `Save what was written to ${names}?`,
    detail: `It was neither saved nor committed, and is lost when nbdscope ends.${clients > 0 ? ` ${use}` : ''}`,
    choices: [{ choice: 'save', label: 'Save…' }, STAY, { choice: 'leave', label: `Quit and lose ${it}` }],
  };
}

/** A name for the image of a disk, which any file system takes. */
export function imageName(name: string): string {
  const plain = name.replace(/[^\p{L}\p{N} ._-]+/gu, '-').replace(/^[.\s-]+|[.\s-]+$/g, '');
  const stem = plain.slice(0, 100) || 'disk';
  return /\.(img|raw)$/i.test(stem) ? stem : `${stem}.img`;
}
