import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArguments } from '#engine/cli/arguments.ts';
import { decodeLaunchRequest, LAUNCH_VARIABLE, type LaunchRequest } from '#engine/cli/launch-request.ts';

/**
 * What the shell is to open: what the `nbdscope` command hands over, or, for a packed app that was started by itself,
 * what stands on its command line. Throws an Error with a line for the person when that cannot be understood.
 */
export function launchRequest(
  env: Readonly<Record<string, string | undefined>>,
  argv: readonly string[],
  packed: boolean,
  version: string,
): LaunchRequest {
  const handedOver = env[LAUNCH_VARIABLE];
  if (handedOver !== undefined) return decodeLaunchRequest(handedOver);
  const command = parseArguments(argv.slice(packed ? 1 : 2), { version, exists: existsSync });
  if (command.kind !== 'window') {
    throw new Error(
      'text' in command ? command.text : 'the desktop app only opens windows; use the nbdscope command',
    );
  }
  return {
    logs: command.logs.map((log) => resolve(log)),
    set: command.set,
    stdin: command.stdin,
    captions: command.captions === null ? null : resolve(command.captions),
    compare: command.compare,
    sizeBytes: command.sizeBytes,
    images: command.images,
    record: command.record === null ? null : resolve(command.record),
  };
}
