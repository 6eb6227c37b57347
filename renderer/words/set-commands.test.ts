import { execFileSync, spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import type { ClientPlace } from './client-commands.ts';
import { driveName, planFor, setCommands, whyNoArray } from './set-commands.ts';

function disks(count: number): ClientPlace[] {
  return Array.from({ length: count }, (_, i) => ({
    uri: `nbd+unix:///disk${i + 1}?socket=/run/nb scope/${i + 1}`,
    socketPath: `/run/nb scope/${i + 1}`,
    tcp: null,
    exportName: `disk${i + 1}`,
    readOnly: false,
  }));
}

function commandOf(count: number, tool: string, plan = planFor(count)): string {
  return setCommands(disks(count), plan).find((one) => one.tool === tool)?.command ?? '';
}

/** The words that a real shell makes of a line. */
function shellWords(line: string): string[] {
  return execFileSync('sh', ['-c', `printf '%s\\0' ${line}`])
    .toString()
    .split('\0')
    .slice(0, -1);
}

/** The steps of a guestfish line, as guestfish(1) takes them apart. */
function guestfishSteps(line: string): string[][] {
  const steps: string[][] = [[]];
  for (const word of shellWords(line).slice(1)) {
    if (word === ':') steps.push([]);
    else steps.at(-1)?.push(word);
  }
  return steps;
}

describe('planFor', () => {
  it("takes the original's RAID 5 with a spare for five disks, and what md would build for fewer", () => {
    expect(planFor(5)).toEqual({ level: 5, chunkBytes: 65_536, spares: 1 });
    for (let count = 2; count <= 64; count += 1) expect(whyNoArray(planFor(count), count)).toBeNull();
  });

  it('says why md would build none', () => {
    expect(whyNoArray({ level: 6, chunkBytes: 65_536, spares: 1 }, 4)).toMatch(
      /at least 4 disks .* here are 3/,
    );
    expect(whyNoArray({ level: 0, chunkBytes: 65_536, spares: 1 }, 4)).toMatch(/no use for spares/);
  });
});

describe('the commands of a set', () => {
  it('let guestfish add every disk in order with discard, then build the array of them', () => {
    const steps = guestfishSteps(commandOf(5, 'guestfish'));
    expect(steps[0]).toEqual([
      'add',
      'disk1',
      'format:raw',
      'protocol:nbd',
      'server:unix:/run/nb scope/1',
      'discard:enable',
    ]);
    expect(steps.slice(5)).toEqual([
      ['append', 'raid456.devices_handle_discard_safely=1'],
      ['run'],
      [
        'md-create',
        'disks',
        '/dev/sda /dev/sdb /dev/sdc /dev/sdd /dev/sde',
        'nrdevices:4',
        'spare:1',
        'level:raid5',
        'chunk:65536',
      ],
      ['mkfs', 'ext4', '/dev/md/disks'],
    ]);
  });

  it('leave the chunk out for mirrors, which have none', () => {
    const mirror = { level: 1, chunkBytes: 65_536, spares: 0 } as const;
    expect(commandOf(2, 'guestfish', mirror)).not.toContain('chunk');
    expect(commandOf(2, 'nbd-client', mirror)).not.toContain('chunk');
    expect(commandOf(2, 'nbd-client', mirror)).not.toContain('raid456');
  });

  it('give guestfish steps that it takes, before it starts its machine', () => {
    // Everything up to `run`, which would boot: then the kernel's arguments are read back.
    // guestfish itself takes no blank in a socket's path.
    const line = commandOf(5, 'guestfish')
      .replaceAll('/run/nb scope', '/run/nbscope')
      .replace(/ : run : .*$/, ' : get-append');
    expect(execFileSync('sh', ['-c', line]).toString().trim()).toBe(
      'raid456.devices_handle_discard_safely=1',
    );
  });

  it('give qemu drives and devices that it knows', () => {
    const line = commandOf(64, 'qemu').replace('-m 1G', '-m 64M -display none -S');
    const { stderr } = spawnSync('sh', ['-c', line], { timeout: 60_000 });
    // It has read the whole line when it fails at last to reach the first disk.
    expect(stderr.toString()).toMatch(/driver=nbd.*: Failed to connect to '\/run\/nb scope\/1'/);
    expect(stderr.toString()).not.toMatch(/Invalid|not expected|unexpected|not a valid|Unknown/i);
  });

  it('give mdadm options that it knows, and every device a disk', () => {
    const line = commandOf(20, 'nbd-client');
    expect(line).toContain('sudo modprobe nbd nbds_max=20 && ');
    expect(line).toContain("sudo nbd-client -unix '/run/nb scope/20' /dev/nbd19 -N disk20 && sudo mdadm");
    const create = (line.split(' && ').at(-1) ?? '').replace('sudo ', 'PATH=$PATH:/usr/sbin ');
    const { stderr } = spawnSync('sh', ['-c', create.replaceAll('/dev/nbd', '/nowhere/nbd')]);
    expect(stderr.toString()).toMatch(/cannot open \/nowhere\/nbd0|must be super-user/);
  });

  it('read whole in a shell, whatever stands in a path', () => {
    const commands = setCommands(disks(64), planFor(64)).map(({ command }) => command);
    expect(commands).not.toContain(null);
    for (const command of commands) expect(spawnSync('sh', ['-n', '-c', `${command}`]).status).toBe(0);
  });
});

describe('the commands of a set that requires TLS', () => {
  /** Two disks with the same credentials. */
  function secured(user: string, parameter: string): ClientPlace[] {
    return disks(2).map((disk) => ({
      ...disk,
      uri: `nbds+unix://${user}/${disk.exportName}?socket=/run/s${parameter}`,
    }));
  }
  const byTool = (places: readonly ClientPlace[]): Record<string, string> =>
    Object.fromEntries(
      setCommands(places, planFor(2)).map(({ tool, command, words }) => [
        tool,
        command ?? `cannot: ${words}`,
      ]),
    );

  it('give qemu the certificates once, and every drive their name', () => {
    const words = shellWords(byTool(secured('', '&tls-certificates=/etc/my pki'))['qemu'] ?? '');
    const objects = words.filter((word) => word.startsWith('tls-creds-'));
    expect(objects).toEqual(['tls-creds-x509,id=tls0,endpoint=client,dir=/etc/my pki']);
    const drives = words.filter((word) => word.startsWith('driver=nbd'));
    expect(drives.map((drive) => drive.replace(/.*,(?=export)/, ''))).toEqual([
      'export=disk1,discard=unmap,tls-creds=tls0,tls-hostname=localhost,if=none,id=disk1',
      'export=disk2,discard=unmap,tls-creds=tls0,tls-hostname=localhost,if=none,id=disk2',
    ]);
  });

  it('give every nbd-client the authority, before mdadm', () => {
    const line = byTool(secured('', '&tls-certificates=/etc/pki'))['nbd-client'] ?? '';
    expect(line.match(/ -A \/etc\/pki\/ca-cert\.pem -H localhost && sudo (nbd-client|mdadm)/g)).toHaveLength(
      2,
    );
    expect(spawnSync('sh', ['-n', '-c', line]).status).toBe(0);
  });

  it('say which clients cannot, and what can instead', () => {
    const keyed = byTool(secured('alice@', '&tls-psk-file=/run/keys.psk'));
    expect(keyed['guestfish']).toMatch(/^cannot: guestfish does not encrypt; use nbdfuse for each disk/);
    expect(keyed['nbd-client']).toMatch(/^cannot: .*no keys shared beforehand/);
    expect(keyed['qemu']).toContain('tls-creds-psk,id=tls0,endpoint=client,dir=/run,username=alice');
    expect(keyed['qemu']).not.toContain('tls-hostname');
    expect(byTool(secured('alice@', '&tls-psk-file=/run/other'))['qemu']).toMatch(/^cannot: .*keys\.psk/);
    const verified = byTool(secured('', ''));
    expect(Object.values(verified).every((words) => words.startsWith('cannot: '))).toBe(true);
  });
});

describe('driveName', () => {
  it('counts as Linux does', () => {
    expect([0, 25, 26, 51, 52, 63].map(driveName)).toEqual(['sda', 'sdz', 'sdaa', 'sdaz', 'sdba', 'sdbl']);
  });
});
