import type { RaidLevel } from '#shared/contract/arrays.ts';
import {
  asSeenHere,
  type ClientCommand,
  type ClientPlace,
  encryptedDrive,
  encryptedNbdClient,
  guestfishServer,
  nbdClient,
  qemuDrive,
  quoteForShell,
  type UnfitClient,
} from './client-commands.ts';
import { type ClientTls, nbdClientAuthority, qemuCredentials, tlsOfUri } from './client-tls.ts';
import { plural } from './format.ts';

/** The array that the commands of a set build. */
export interface ArrayPlan {
  readonly level: RaidLevel;
  /** Of no meaning at level 1. */
  readonly chunkBytes: number;
  /** Disks at the end of the set that wait to take a failed one's place. */
  readonly spares: number;
}

/** md passes discards on to the members of a RAID 4, 5 or 6 only when told that they read as zeroes afterwards. */
const DISCARD_ARGUMENT = 'raid456.devices_handle_discard_safely=1';
/** As many as the kernel's nbd module makes by itself. */
const NBD_DEVICES = 16;
const KIB = 1024;

/** The least number of disks, spares aside, that md wants for a level. */
export const LEAST_DISKS: Readonly<Record<RaidLevel, number>> = { 0: 2, 1: 2, 4: 3, 5: 3, 6: 4, 10: 2 };

/** What a set of so many disks is built into unless a person says otherwise: as the original did, where it is enough. */
export function planFor(count: number): ArrayPlan {
  const level = count >= 3 ? 5 : 1;
  return { level, chunkBytes: 64 * KIB, spares: count > 4 ? 1 : 0 };
}

/** Whether md would build it of so many disks; else why not. */
export function whyNoArray(plan: ArrayPlan, count: number): string | null {
  const least = LEAST_DISKS[plan.level];
  const members = count - plan.spares;
  if (plan.spares > 0 && plan.level === 0) return 'RAID 0 has no use for spares: nothing can be rebuilt';
  return members >= least
    ? null
    : `RAID ${plan.level} takes at least ${least} disks besides the spares; here are ${Math.max(0, members)}`;
}

/**
 * What to type next to build an array of the disks of a set, in their order. Each is one line that a POSIX shell takes
 * as it stands; options are as guestfish(1), qemu(1), nbd-client(8) and mdadm(8) have them. All disks of a set have the
 * same credentials.
 */
export function setCommands(
  places: readonly ClientPlace[],
  plan: ArrayPlan,
): readonly (ClientCommand | UnfitClient)[] {
  const disks = places.map(asSeenHere);
  const what = `RAID ${plan.level} of ${plural(disks.length - plan.spares, 'disk')}${
    plan.spares === 0 ? '' : ` and ${plural(plan.spares, 'spare')}`
  }`;
  const words = {
    qemu: `Starts a virtual machine with the disks as /dev/sda and so on; give its kernel ${DISCARD_ARGUMENT}`,
    nbdClient: `Makes the disks devices of this machine and builds a ${what} of them, /dev/md0`,
  };
  const tls = tlsOfUri(disks[0]?.uri ?? '');
  if (tls !== null) return encrypted(disks, plan, tls, words);
  return [
    {
      tool: 'guestfish',
      command: guestfish(disks, plan),
      words: `Starts a small machine with the disks, builds a ${what} and makes a file system on it`,
    },
    { tool: 'qemu', command: qemu(disks.map(qemuDrive)), words: words.qemu },
    {
      tool: 'nbd-client',
      command: mdadm(
        plan,
        disks.map((disk) => (device) => nbdClient(disk, device)),
      ),
      words: words.nbdClient,
    },
  ];
}

/** The same for disks that let in nobody who does not encrypt; which clients cannot, and what can instead. */
function encrypted(
  disks: readonly ClientPlace[],
  plan: ArrayPlan,
  tls: ClientTls,
  words: { readonly qemu: string; readonly nbdClient: string },
): readonly (ClientCommand | UnfitClient)[] {
  const credentials = qemuCredentials(tls);
  const authority = nbdClientAuthority(tls);
  return [
    {
      tool: 'guestfish',
      command: null,
      words: 'guestfish does not encrypt; use nbdfuse for each disk, and add the files that it makes',
    },
    'why' in credentials
      ? { tool: 'qemu', command: null, words: credentials.why }
      : {
          tool: 'qemu',
          command: qemu(
            disks.map((disk) => encryptedDrive(disk, tls)),
            credentials.object,
          ),
          words: words.qemu,
        },
    'why' in authority
      ? { tool: 'nbd-client', command: null, words: authority.why }
      : {
          tool: 'nbd-client',
          command: mdadm(
            plan,
            disks.map((disk) => (device) => encryptedNbdClient(disk, authority.file, device)),
          ),
          words: words.nbdClient,
        },
  ];
}

function guestfish(disks: readonly ClientPlace[], plan: ArrayPlan): string {
  const adds = disks.map((disk) => {
    const name = disk.exportName === '' ? '""' : quoteForShell(disk.exportName);
    const server = quoteForShell(`server:${guestfishServer(disk)}`);
    return `add ${name} format:raw protocol:nbd ${server} discard:enable`;
  });
  const devices = disks.map((_, i) => `/dev/${driveName(i)}`).join(' ');
  const create = [
    `md-create disks "${devices}"`,
    `nrdevices:${disks.length - plan.spares}`,
    ...(plan.spares === 0 ? [] : [`spare:${plan.spares}`]),
    `level:raid${plan.level}`,
    ...(plan.level === 1 ? [] : [`chunk:${plan.chunkBytes}`]),
  ].join(' ');
  const steps = [...adds, `append ${DISCARD_ARGUMENT}`, 'run', create, 'mkfs ext4 /dev/md/disks'];
  // A word with a dash is an option of guestfish's own, unless it is told where its options end.
  const start = disks.some((disk) => disk.exportName.startsWith('-')) ? 'guestfish --' : 'guestfish';
  return `${start} ${steps.join(' : ')}`;
}

/**
 * Disks of a SCSI controller: as many as a set has, where virtio's own would want a PCI slot each.
 * @param object what the drives name as their credentials; null for none.
 */
function qemu(drives: readonly string[], object: string | null = null): string {
  const devices = drives.map((drive, i) => {
    const name = `disk${i + 1}`;
    return `-drive ${quoteForShell(`${drive},if=none,id=${name}`)} -device scsi-hd,drive=${name}`;
  });
  const credentials = object === null ? [] : [`-object ${quoteForShell(object)}`];
  return ['qemu-system-x86_64 -m 1G -device virtio-scsi-pci', ...credentials, ...devices].join(' ');
}

/** @param clients for each disk the line that makes it that device. */
function mdadm(plan: ArrayPlan, clients: readonly ((device: string) => string)[]): string {
  const devices = clients.map((_, i) => `/dev/nbd${i}`);
  const many = devices.length > NBD_DEVICES ? ` nbds_max=${devices.length}` : '';
  const parity = plan.level === 4 || plan.level === 5 || plan.level === 6;
  const create = [
    `sudo mdadm --create /dev/md0 --run --level=${plan.level}`,
    ...(plan.level === 1 ? [] : [`--chunk=${plan.chunkBytes / KIB}K`]),
    `--raid-devices=${devices.length - plan.spares}`,
    ...(plan.spares === 0 ? [] : [`--spare-devices=${plan.spares}`]),
    ...devices,
  ].join(' ');
  return [
    `sudo modprobe nbd${many}`,
    ...(parity ? [`sudo modprobe raid456 ${DISCARD_ARGUMENT.replace('raid456.', '')}`] : []),
    ...clients.map((client, i) => client(`/dev/nbd${i}`)),
    create,
  ].join(' && ');
}

/** What Linux calls the `index`-th SCSI disk: sda to sdz, then sdaa. */
export function driveName(index: number): string {
  const letter = (n: number): string => String.fromCharCode(97 + n);
  return index < 26 ? `sd${letter(index)}` : `sd${letter(Math.floor(index / 26) - 1)}${letter(index % 26)}`;
}
