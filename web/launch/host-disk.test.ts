import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { parseArguments } from '#engine/cli/arguments.ts';
import { serialiseFaultFile } from '#shared/faults/fault-file.ts';
import { FAULT_PRESETS } from '#shared/faults/presets.ts';
import { hostDisk } from './host-disk.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nbdscope-host-disk-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Runs `nbdscope host` with words that it must refuse; the exit code, and what it said. */
async function refused(...words: string[]): Promise<{ code: number; said: string }> {
  const command = parseArguments(['host', ...words], { version: '1', exists: () => false });
  if (command.kind !== 'host') throw new Error(`not understood: ${JSON.stringify(command)}`);
  let said = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said += String(text);
    return true;
  });
  const context = { root: folder, version: '1', stateDir: folder, fetchElectron: false };
  const code = await hostDisk(command, context);
  return { code, said };
}

it('names what is wrong with a file of faults, and hosts nothing', async () => {
  const path = join(folder, 'faults.json');
  expect(await refused('--faults', path, 'memory', '1M')).toEqual({
    code: 2,
    said: `nbdscope: --faults ${path} cannot be read: there is no such file\n`,
  });
  expect(await refused('--faults', folder, 'memory', '1M')).toEqual({
    code: 2,
    said: `nbdscope: --faults ${folder} cannot be read: it is a directory\n`,
  });
  writeFileSync(path, '{"nbdscope":"faults","version":1,"name":"x","rules":[{}]}');
  expect(await refused('--faults', path, 'memory', '1M')).toEqual({
    code: 2,
    said: `nbdscope: ${path}: rules.0.name: missing; docs/faults.md says what it may be\n`,
  });
  writeFileSync(path, serialiseFaultFile('big', FAULT_PRESETS[0]?.rules(1n << 30n) ?? []));
  const tooBig = await refused('--faults', path, 'memory', '1M');
  expect(tooBig).toMatchObject({ code: 2, said: expect.stringContaining('goes beyond the disk of 1 MiB') });
});
