import type { Plugin } from '../nbd/plugins/plugin.ts';
import { PLUGINS } from '../nbd/plugins/registry.ts';

const EXAMPLES = `
A parameter of a filter adds the filter, unless filters are named with --filter. With --disks, %d in the socket, in the
name of the export and in names of files stands for 1, 2, and so on; a port is the first disk's.

Examples:
  nbdscope host memory 64M rdelay=40ms wdelay=40ms
  nbdscope host -fv -U /tmp/sock --filter=log --filter=delay memory size=64M logfile=/tmp/log rdelay=40ms wdelay=40ms
  nbdscope host --disks 5 memory 64M rdelay=40ms wdelay=40ms
  nbdscope host --disks 5 -U /tmp/sock%d memory 64M logfile=/tmp/log%d
  nbdscope host --no-window -p 10809 memory 1G
  nbdscope host --faults dying.json memory 64M
  nbdscope host --tls=require --tls-psk=keys.psk memory 1G
  nbdscope host remote nbd://server/export
  nbdscope host curl https://server/disk.img cookie=+cookies.txt`;

/** What help says after the options: every kind of disk in a line, and the parameters of those among the arguments. */
export function hostHelp(args: readonly string[]): string {
  const named = PLUGINS.filter((plugin) => args.some((word) => namesOf(plugin).includes(word)));
  const width = Math.max(...PLUGINS.map((plugin) => namesOf(plugin).join(', ').length));
  const kinds = PLUGINS.map((plugin) => `  ${namesOf(plugin).join(', ').padEnd(width)}  ${plugin.summary}`);
  const parameters = named.map(parametersOf);
  return `
Kinds of disks; nbdscope host KIND --help tells what one takes:
${kinds.join('\n')}
${parameters.join('')}${EXAMPLES}`;
}

function namesOf({ name, aliases = [] }: Plugin): readonly string[] {
  return [name, ...aliases];
}

function parametersOf({ name, parameters, magicKey }: Plugin): string {
  const width = Math.max(...parameters.map(({ key }) => key.length)) + 1;
  const lines = parameters.map(({ key, summary }) => `  ${`${key}=`.padEnd(width)}  ${summary}`);
  return `\nWhat ${name} takes; ${magicKey}= may be left out:\n${lines.join('\n')}\n`;
}
