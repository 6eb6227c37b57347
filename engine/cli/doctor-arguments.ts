import { Command } from 'commander';
import { type PrintedOutcome, runCommander } from './run-commander.ts';

export interface DoctorCommand {
  readonly kind: 'doctor';
  readonly json: boolean;
}

/** Reads the arguments after `nbdscope doctor`. */
export function parseDoctor(args: readonly string[]): DoctorCommand | PrintedOutcome {
  const command = new Command('nbdscope doctor')
    .usage('[--json]')
    .description(
      'Tells which window nbdscope would open here and why, which programs it works with are there, and how to get the others.',
    )
    .option('--json', 'print JSON instead of text')
    .helpOption('--help', 'print this help');
  return (
    runCommander(command, args) ?? { kind: 'doctor', json: command.opts<{ json?: boolean }>().json === true }
  );
}
