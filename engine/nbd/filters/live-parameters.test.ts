import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { MemoryAllowance } from '../memory-allowance.ts';
import { LiveParameters } from './live-parameters.ts';
import { buildDisk, type DiskRequest, type DiskStack, kindOf } from './stack.ts';

const FILE = join(tmpdir(), `nbdscope-readonly-${process.pid}`);
afterEach(() => rmSync(FILE, { force: true }));

async function build(change: Partial<DiskRequest>): Promise<{ disk: DiskStack; parameters: LiveParameters }> {
  const request: DiskRequest = {
    plugin: 'memory',
    filters: [],
    parameters: [['size', '1M'], ...(change.parameters ?? [])],
    addFilters: change.addFilters ?? true,
    changeable: true,
  };
  const full = { ...request, filters: change.filters ?? [] };
  const disk = await buildDisk(full, new MemoryAllowance(1 << 20));
  return { disk, parameters: new LiveParameters(disk, full) };
}

const kinds = (disk: DiskStack): string[] => disk.filters.map(kindOf);

describe('LiveParameters', () => {
  it('has every filter that can be changed in the stack, out of force', async () => {
    const { disk, parameters } = await build({});
    expect(kinds(disk)).toEqual(['error', 'delay', 'readonly']);
    expect([disk.backend.readOnly, parameters.readOnly, parameters.list()]).toEqual([false, false, []]);
  });

  it('leaves named filters in their order, and puts the others nearest to the disk', async () => {
    const parameters = [['rdelay', '1ms']] as const;
    const { disk } = await build({ addFilters: false, filters: ['delay', 'log', 'delay'], parameters });
    expect(kinds(disk)).toEqual(['delay', 'log', 'delay', 'error', 'readonly']);
  });

  it('still refuses a parameter whose filter was not named, as nbdkit does', async () => {
    const parameters = [['rdelay', '1ms']] as const;
    await expect(build({ addFilters: false, filters: ['log'], parameters })).rejects.toThrow(
      '--filter=delay',
    );
  });

  it('lists parameters by filter, each once, with its last value', async () => {
    const { parameters } = await build({
      parameters: [
        ['rdelay', '1ms'],
        ['error-rate', '5%'],
        ['wdelay', '2'],
        ['rdelay', '3ms'],
      ],
    });
    expect(parameters.list()).toEqual([
      { filter: 'error', key: 'error-rate', value: '5%' },
      { filter: 'delay', key: 'wdelay', value: '2' },
      { filter: 'delay', key: 'rdelay', value: '3ms' },
    ]);
  });

  it('protects while the file exists, and always when told so', async () => {
    const { disk, parameters } = await build({ parameters: [['readonly-file', FILE]] });
    expect(existsSync(FILE)).toBe(false);
    expect(disk.backend.readOnly).toBe(false);
    writeFileSync(FILE, '');
    expect(disk.backend.readOnly).toBe(true);
    rmSync(FILE);
    parameters.readOnly = true;
    expect(disk.backend.readOnly).toBe(true);
    parameters.readOnly = false;
    expect(disk.backend.readOnly).toBe(false);
    writeFileSync(FILE, '');
    parameters.set('readonly-file', '');
    expect(disk.backend.readOnly).toBe(false);
  });

  it.each([
    [{ filters: ['readonly'] }, true],
    [{ filters: ['readonly'], parameters: [['readonly-file', FILE]] }, true],
    [{ addFilters: false, filters: ['readonly'] }, true],
    [{ addFilters: false, filters: ['readonly'], parameters: [['readonly-file', FILE]] }, false],
    [{ addFilters: false, filters: ['readonly', 'readonly'], parameters: [['readonly-file', FILE]] }, true],
  ] as const)('reads %j as protected: %s', async (change, readOnly) => {
    const { disk, parameters } = await build(change);
    expect([disk.backend.readOnly, parameters.readOnly]).toEqual([readOnly, readOnly]);
  });
});
