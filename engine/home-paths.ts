import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Command } from '#shared/contract/commands.ts';

/** Parameters of disks and filters that name a file, directory or socket. */
const PATH_KEY = /file$|^(dir|socket|unix-socket-path|cainfo|tls-certificates|tls-psk)$/;
/** Parameters that name a file behind a plus sign. */
const PLUS_KEY = /^(cookie|password)$/;

type Parameters = Extract<Command, { command: 'hostDisk' }>['parameters'];

/** A path with `~` and `~/` at its beginning as a shell reads them. */
function homePath(path: string): string {
  return path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : path;
}

/** As {@link homePath}, where `%` stands for something and is written `%%` as itself. */
function homePattern(path: string): string {
  return homePath(path) === path ? path : join(homedir().replaceAll('%', '%%'), path.slice(1));
}

function homeValue(key: string, value: string, read: typeof homePath): string {
  if (PATH_KEY.test(key)) return read(value);
  return PLUS_KEY.test(key) && value.startsWith('+') ? `+${read(value.slice(1))}` : value;
}

function homeParameters(parameters: Parameters, read: typeof homePath): Parameters {
  return parameters.map(({ key, value }) => ({ key, value: homeValue(key, value, read) }));
}

/** A command of a window with `~/` written out in its paths: what is typed there meets no shell that would do so. */
export function withHomePaths(command: Command): Command {
  switch (command.command) {
    case 'openLogs':
      return { ...command, paths: command.paths.map(homePath) };
    case 'openSet': {
      const errorFiles = command.errorFiles === null ? null : homePattern(command.errorFiles);
      return { ...command, logs: homePattern(command.logs), errorFiles };
    }
    case 'setErrorFile':
      return { ...command, path: command.path === null ? null : homePath(command.path) };
    case 'setDiskImage':
      return { ...command, from: command.from === null ? null : homePath(command.from) };
    case 'saveHost':
      return { ...command, path: homePath(command.path) };
    case 'setHostParameter':
      return { ...command, value: homeValue(command.key, command.value, homePath) };
    case 'hostDisk':
    case 'hostSet': {
      const { tls } = command;
      const read = command.command === 'hostSet' ? homePattern : homePath;
      return {
        ...command,
        parameters: homeParameters(command.parameters, read),
        ...(tls === undefined ? {} : { tls: { ...tls, path: homePath(tls.path) } }),
      };
    }
    default:
      return command;
  }
}
