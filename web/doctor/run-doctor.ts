import type { FindingGroup } from './finding.ts';
import { formatFindings } from './format-findings.ts';
import { packageSystem } from './packages.ts';
import { findPlaces } from './places.ts';
import { findFuse, findPrograms } from './programs.ts';
import { findRuntime } from './runtime-findings.ts';
import { findWindowHosts } from './window-findings.ts';

/** `nbdscope doctor`: what is there, what is missing and how to get it. */
export async function examine(root: string): Promise<FindingGroup[]> {
  const system = packageSystem();
  const [runtime, programs, fuse, places] = await Promise.all([
    findRuntime(),
    findPrograms(system),
    findFuse(),
    findPlaces(),
  ]);
  return [
    { title: 'The window', findings: findWindowHosts(root, system) },
    { title: 'Hosting disks', findings: runtime },
    { title: 'Programs beside it', findings: fuse === null ? programs : [...programs, fuse] },
    { title: 'Folders', findings: places },
  ];
}

/** Prints the report; resolves to the exit code: 1 where something is to be put right. */
export async function runDoctor(root: string, version: string, json: boolean): Promise<number> {
  const groups = await examine(root);
  const text = json
    ? `${JSON.stringify({ version, groups }, null, 2)}\n`
    : `nbdscope ${version}\n\n${formatFindings(groups)}`;
  process.stdout.write(text);
  return groups.some(({ findings }) => findings.some(({ state }) => state === 'trouble')) ? 1 : 0;
}
