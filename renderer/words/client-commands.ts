import type { HostInfo } from '#shared/contract/messages.ts';
import {
  type ClientTls,
  libnbdNeeds,
  nbdClientAuthority,
  qemuCredentials,
  qemuValue,
  tlsOfUri,
} from './client-tls.ts';

/** A client of a hosted disk, as it is started from a shell on this machine. */
export interface ClientCommand {
  readonly tool: string;
  /** A line that a POSIX shell takes as it stands. */
  readonly command: string;
  /** What comes of it. */
  readonly words: string;
}

/** A client that cannot use a hosted disk as it is. */
export interface UnfitClient {
  readonly tool: string;
  readonly command: null;
  /** Why it cannot, and what can instead. */
  readonly words: string;
}

/** Where a hosted disk is, as clients need it. */
export type ClientPlace = Pick<HostInfo, 'uri' | 'socketPath' | 'tcp' | 'exportName' | 'readOnly'>;

/** What to type next to use a hosted disk, the commonest first. Options are as the tools' own manual pages have them. */
export function clientCommands(place: ClientPlace): readonly (ClientCommand | UnfitClient)[] {
  const host = asSeenHere(place);
  const tls = tlsOfUri(host.uri);
  const needs = libnbdNeeds(tls);
  return [
    ...(tls === null ? plainClients(host) : encryptedClients(host, tls)),
    ...libnbdClients(host, needs),
  ];
}

function plainClients(host: ClientPlace): readonly ClientCommand[] {
  return [
    {
      tool: 'guestfish',
      command: guestfish(host),
      words: host.readOnly
        ? 'Starts a small machine with the disk and lists its file systems'
        : 'Starts a small machine with the disk, partitions it and makes a file system',
    },
    { tool: 'qemu', command: qemu(host), words: 'Starts a virtual machine with the disk' },
    {
      tool: 'nbd-client',
      command: nbdClient(host),
      words: NBD_CLIENT_WORDS,
    },
  ];
}

const NBD_CLIENT_WORDS = 'Makes the disk /dev/nbd0 of this machine; sudo modprobe nbd first';

/** What libnbd is built into takes the URI, credentials and all. */
function libnbdClients(host: ClientPlace, needs: string | null): readonly ClientCommand[] {
  const uri = quoteForShell(host.uri);
  const clients = [
    { tool: 'nbdcopy', command: `nbdcopy -p ${uri} disk.img`, words: 'Copies the disk into a file' },
    { tool: 'nbdinfo', command: `nbdinfo ${uri}`, words: 'Tells what the disk offers to clients' },
    {
      tool: 'nbdfuse',
      command: `mkdir -p nbd && nbdfuse ${host.readOnly ? '-r ' : ''}nbd ${uri}`,
      words: 'Shows the disk as the file nbd/nbd until it is interrupted',
    },
  ];
  return needs === null ? clients : clients.map((one) => ({ ...one, words: `${one.words}; ${needs}` }));
}

/** Clients that need more than the URI to encrypt, and those that cannot. */
function encryptedClients(host: ClientPlace, tls: ClientTls): readonly (ClientCommand | UnfitClient)[] {
  const credentials = qemuCredentials(tls);
  const authority = nbdClientAuthority(tls);
  return [
    {
      tool: 'guestfish',
      command: null,
      words: 'guestfish does not encrypt; use nbdfuse, and add the file nbd/nbd that it makes',
    },
    'why' in credentials
      ? { tool: 'qemu', command: null, words: credentials.why }
      : {
          tool: 'qemu',
          command: encryptedQemu(host, credentials.object, tls),
          words: 'Starts a virtual machine with the disk',
        },
    'why' in authority
      ? { tool: 'nbd-client', command: null, words: authority.why }
      : {
          tool: 'nbd-client',
          command: encryptedNbdClient(host, authority.file),
          words: NBD_CLIENT_WORDS,
        },
  ];
}

function encryptedQemu(host: ClientPlace, object: string, tls: ClientTls): string {
  const drive = `${encryptedDrive(host, tls)},if=virtio`;
  return `qemu-system-x86_64 -m 1G -object ${quoteForShell(object)} -drive ${quoteForShell(drive)}`;
}

/** As {@link qemuDrive}, encrypted with what qemu has under the name tls0. */
export function encryptedDrive(host: ClientPlace, tls: ClientTls): string {
  const name = tls.kind === 'certificates' ? `,tls-hostname=${certifiedName(host)}` : '';
  return `${qemuDrive(host)},tls-creds=tls0${name}`;
}

/** The name that the server's certificate has to be for; libnbd too takes this one for a Unix socket. */
function certifiedName(host: ClientPlace): string {
  return host.tcp?.host ?? 'localhost';
}

/** A server that listens on every address is on this machine's own one too, which every client can dial. */
export function asSeenHere(place: ClientPlace): ClientPlace {
  const own = { '0.0.0.0': '127.0.0.1', '::': '::1' }[place.tcp?.host ?? ''];
  if (place.tcp === null || own === undefined) return place;
  const uri = place.uri.replace(bracketed(place.tcp.host), bracketed(own));
  return { ...place, uri, tcp: { ...place.tcp, host: own } };
}

/** The text as a POSIX shell takes it in one piece. */
export function quoteForShell(text: string): string {
  return /^[\w./+:@%=,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function guestfish(host: ClientPlace): string {
  // The export's name stands where the file's name stands for other disks; "" is the default export.
  const name = host.exportName === '' ? '""' : quoteForShell(host.exportName);
  // guestfish takes a word with a dash for an option of its own, unless told where its options end.
  const add = host.exportName.startsWith('-') ? 'guestfish -- add' : 'guestfish add';
  const server = quoteForShell(`server:${guestfishServer(host)}`);
  const words = [add, name, 'format:raw protocol:nbd', server];
  return host.readOnly
    ? [...words, 'readonly:true : run : list-filesystems'].join(' ')
    : [...words, 'discard:enable : run : part-disk /dev/sda mbr : mkfs ext4 /dev/sda1'].join(' ');
}

/** A hosted disk's address as guestfish's `server` has it. */
export function guestfishServer(host: ClientPlace): string {
  return host.tcp === null ? `unix:${host.socketPath ?? ''}` : `${bracketed(host.tcp.host)}:${host.tcp.port}`;
}

function qemu(host: ClientPlace): string {
  return `qemu-system-x86_64 -m 1G -drive ${quoteForShell(`${qemuDrive(host)},if=virtio`)}`;
}

/** A hosted disk as qemu's `-drive` takes it, but for where it is plugged in. */
export function qemuDrive(host: ClientPlace): string {
  return [
    'driver=nbd',
    ...(host.tcp === null
      ? ['server.type=unix', `server.path=${qemuValue(host.socketPath ?? '')}`]
      : ['server.type=inet', `server.host=${host.tcp.host}`, `server.port=${host.tcp.port}`]),
    ...(host.exportName === '' ? [] : [`export=${qemuValue(host.exportName)}`]),
    host.readOnly ? 'read-only=on' : 'discard=unmap',
  ].join(',');
}

/** The line that makes a hosted disk the device `device` of this machine. */
export function nbdClient(host: ClientPlace, device = '/dev/nbd0'): string {
  const words =
    host.tcp === null
      ? ['-unix', quoteForShell(host.socketPath ?? ''), device]
      : [host.tcp.host, String(host.tcp.port), device];
  if (host.exportName !== '') words.push('-N', quoteForShell(host.exportName));
  if (host.readOnly) words.push('-R');
  return ['sudo nbd-client', ...words].join(' ');
}

/** As {@link nbdClient}, encrypted, with the authority's certificate in `authority`. */
export function encryptedNbdClient(host: ClientPlace, authority: string, device?: string): string {
  return `${nbdClient(host, device)} -A ${quoteForShell(authority)} -H ${certifiedName(host)}`;
}

/** An IPv6 address is told from its port by brackets. */
function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
