import { parseSize } from '#shared/bytes/size.ts';
import { isAboutCredentials } from './host-tls.ts';

/** A field of the host dialog that is a parameter of the kind of disk, by nbdkit's key. */
export interface KindField {
  readonly key: string;
  readonly label: string;
  /** What would do. */
  readonly hint: string;
  readonly needed: boolean;
  /** Takes several lines. */
  readonly long?: true;
  /** Not to be read over the shoulder. */
  readonly secret?: true;
}

/** A kind of disk, as a person chooses it. */
export interface HostKind {
  /** nbdkit's name for it. */
  readonly plugin: string;
  readonly title: string;
  readonly sentence: string;
  readonly fields: readonly KindField[];
  /** Whether its fields tell its size. */
  readonly size: 'needed' | 'optional' | 'none';
  /** It cannot be written, unless changes are kept apart. */
  readonly readOnly: boolean;
  /** Changes can be kept apart from what is worth keeping. */
  readonly apart: boolean;
  /** The parameter that is false where any certificate is accepted; null where none is checked. */
  readonly trust: string | null;
}

/** The kinds that can be hosted, the commonest first. */
export const HOST_KINDS: readonly HostKind[] = [
  {
    plugin: 'memory',
    title: 'Empty, in memory',
    sentence: 'Zeroes at first. It is gone once it is stopped, unless it is saved.',
    fields: [],
    size: 'needed',
    readOnly: false,
    apart: false,
    trust: null,
  },
  {
    plugin: 'file',
    title: 'An image file or device',
    sentence: 'A raw image or a block device of this machine. What clients write is written to it.',
    fields: [{ key: 'file', label: 'Path', hint: 'As in /home/me/disk.img', needed: true }],
    size: 'none',
    readOnly: false,
    apart: true,
    trust: null,
  },
  {
    plugin: 'data',
    title: 'Contents told in words',
    sentence: 'In memory, with contents told in nbdkit’s data language.',
    fields: [
      {
        key: 'data',
        label: 'Contents',
        hint: 'As in @0x1fe 0x55 0xAA, or "text"*16',
        needed: true,
        long: true,
      },
    ],
    size: 'optional',
    readOnly: false,
    apart: true,
    trust: null,
  },
  {
    plugin: 'pattern',
    title: 'A pattern to check by',
    sentence: 'Every eight bytes hold their own offset. It cannot be written.',
    fields: [],
    size: 'needed',
    readOnly: true,
    apart: true,
    trust: null,
  },
  {
    plugin: 'null',
    title: 'Nothing at all',
    sentence: 'Reads as zeroes, and forgets what is written.',
    fields: [],
    size: 'needed',
    readOnly: false,
    apart: false,
    trust: null,
  },
  {
    plugin: 'floppy',
    title: 'A directory as a FAT disk',
    sentence: 'The files of a directory, as they are when it starts. It cannot be written.',
    fields: [
      { key: 'dir', label: 'Directory', hint: 'As in /home/me/photos', needed: true },
      { key: 'label', label: 'Label', hint: 'At most 11 letters; NBDSCOPE if empty', needed: false },
    ],
    size: 'optional',
    readOnly: true,
    apart: true,
    trust: null,
  },
  {
    plugin: 'curl',
    title: 'An image on a web server',
    sentence: 'Read piece by piece as clients ask. It cannot be written.',
    fields: [
      { key: 'url', label: 'Address', hint: 'As in https://host/disk.img', needed: true },
      { key: 'header', label: 'Header', hint: 'Sent along, as in X-Name: value', needed: false },
      { key: 'cookie', label: 'Cookie', hint: 'Sent along, as in name=value', needed: false, secret: true },
      { key: 'user', label: 'User', hint: 'To log in as', needed: false },
      { key: 'password', label: 'Password', hint: 'Of that user', needed: false, secret: true },
    ],
    size: 'none',
    readOnly: true,
    apart: true,
    trust: 'sslverify',
  },
  {
    plugin: 'remote',
    title: 'The disk of another NBD server',
    sentence: 'What clients ask for is passed on to it, and seen here in passing.',
    fields: [
      {
        key: 'uri',
        label: 'Address',
        hint: 'As in nbd://host/export or nbd+unix:///?socket=PATH',
        needed: true,
      },
      {
        key: 'tls-certificates',
        label: 'TLS certificates',
        hint: 'Directory with ca-cert.pem, for nbds://',
        needed: false,
      },
      { key: 'tls-psk', label: 'TLS keys', hint: 'Or a file of USER:KEY, for nbds://', needed: false },
    ],
    size: 'none',
    readOnly: false,
    apart: true,
    trust: 'tls-verify',
  },
];

/** The kind of that name; the first when there is none. */
export function hostKind(plugin: string): HostKind {
  const [first] = HOST_KINDS;
  const kind = HOST_KINDS.find((one) => one.plugin === plugin) ?? first;
  if (kind === undefined) throw new RangeError('there are no kinds of disks');
  return kind;
}

/** What is wrong with a size that was typed for that kind; null when it will do. */
export function sizeProblem(kind: HostKind, size: string): string | null {
  if (kind.size === 'none' || (kind.size === 'optional' && size.trim() === '')) return null;
  const parsed = parseSize(size.trim());
  return 'error' in parsed ? parsed.error : null;
}

/** The fields that still have to be filled. */
export function missingFields(
  kind: HostKind,
  values: Readonly<Record<string, string>>,
): readonly KindField[] {
  return kind.fields.filter(({ key, needed }) => needed && (values[key] ?? '').trim() === '');
}

/** The file that the data language was not let read, by the engine's words; null when they say something else. */
export function fileNotAllowed(refusal: string): string | null {
  return /<(.+) reads a file, which was not allowed/s.exec(refusal)?.[1] ?? null;
}

/**
 * The field of that kind that a refusal speaks of: `tls` for those about encryption, then its own keys, then what every
 * disk has.
 */
export function refusedField(kind: HostKind, text: string): string | null {
  if (isAboutCredentials(text)) return 'tls';
  const [, key = ''] = /^([A-Za-z][A-Za-z0-9._-]*)[=:]/.exec(text) ?? [];
  const known = [...kind.fields.map((field) => field.key), 'size', 'rdelay', 'wdelay'];
  if (known.includes(key)) return key;
  const [main] = kind.fields;
  if (kind.plugin === 'remote' && /^nbds?(\+\w+)?:/.test(text)) return 'uri';
  if (kind.plugin === 'curl' && /^https?:/.test(text)) return 'url';
  if (/\blisten\b|\bport\b|EADDRINUSE|address already in use/i.test(text)) return 'port';
  if (main !== undefined && /\b(ENOENT|EACCES|EPERM|EISDIR|ENOTDIR)\b/.test(text)) return main.key;
  if (/EACCES/.test(text)) return 'port';
  if (/\bexport\b|\bname\b/i.test(text)) return 'exportName';
  return /\bsize\b/i.test(text) ? 'size' : null;
}
