import { type Command, CommanderError, InvalidArgumentError } from 'commander';

/** What is to be printed instead of going on: `error` is one line that says what is wrong. */
export type PrintedOutcome =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'error'; readonly text: string };

/** Parses without side effects; null when there is nothing to print. Never throws and never ends the process. */
export function runCommander(command: Command, args: readonly string[]): PrintedOutcome | null {
  let printed = '';
  command.exitOverride().configureOutput({
    writeOut: (text) => {
      printed += text;
    },
    writeErr: () => {},
  });
  try {
    command.parse([...args], { from: 'user' });
    return null;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { kind: 'text', text: printed };
    return usageError(error.message.replace(/^error: /, '').replace(/\n\s*/g, ' '), command.name());
  }
}

/** A TCP port, 0 for any free one. Throws commander's InvalidArgumentError, which becomes the usage error. */
export function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535)) throw new InvalidArgumentError('use a port from 0 to 65535.');
  return port;
}

/** @param command whose help tells more, as in `nbdscope raid`. */
export function usageError(text: string, command = 'nbdscope'): PrintedOutcome {
  return { kind: 'error', text: `${text} (${command} --help tells more)` };
}
