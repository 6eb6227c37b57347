import type { HostTls } from '#shared/contract/tls.ts';
import { type ClientCommand, quoteForShell } from './client-commands.ts';

/** Encryption as a person asks for it. What was typed for one kind of credentials is kept while another is looked at. */
export interface TlsForm {
  readonly mode: 'off' | HostTls['mode'];
  readonly kind: HostTls['kind'];
  /** The directory of certificates. */
  readonly directory: string;
  /** The file of keys. */
  readonly file: string;
  readonly verifyPeer: boolean;
}

export const NO_TLS: TlsForm = {
  mode: 'off',
  kind: 'certificates',
  directory: '',
  file: '',
  verifyPeer: false,
};

/** What can be chosen, and what comes of it. */
export const TLS_MODES: readonly {
  readonly mode: TlsForm['mode'];
  readonly title: string;
  readonly sentence: string;
}[] = [
  { mode: 'off', title: 'Off', sentence: 'In the clear: enough while clients are on this machine.' },
  {
    mode: 'on',
    title: 'Allowed',
    sentence: 'Clients may encrypt by TLS. Those that do not are let in all the same.',
  },
  {
    mode: 'require',
    title: 'Required',
    sentence: 'Clients that do not encrypt by TLS are turned away.',
  },
];

/** Where the credentials are, as it was typed. */
export function credentialPath({ kind, directory, file }: TlsForm): string {
  return (kind === 'psk' ? file : directory).trim();
}

/** Whether something is still missing that the disk cannot do without. */
export function isTlsIncomplete(form: TlsForm): boolean {
  return form.mode !== 'off' && credentialPath(form) === '';
}

/** What to ask the engine for: nothing where it is off. */
export function askedTls(form: TlsForm): { readonly tls?: HostTls } {
  const { mode, kind, verifyPeer } = form;
  if (mode === 'off') return {};
  return {
    tls: { mode, kind, path: credentialPath(form), verifyPeer: kind === 'certificates' && verifyPeer },
  };
}

/** The option that the engine names in what it says of credentials. */
const OPTIONS = { certificates: '--tls-certificates', psk: '--tls-psk' } as const;

/** Whether a refusal speaks of credentials. */
export function isAboutCredentials(refusal: string): boolean {
  return Object.values(OPTIONS).some(
    (option) => refusal.startsWith(`${option}: `) || refusal.includes(`(${option})`),
  );
}

/** What a refusal says of credentials of this kind, without the option of the command line; null when nothing. */
export function credentialProblem(refusal: string | null, kind: HostTls['kind']): string | null {
  const option = OPTIONS[kind];
  if (refusal?.startsWith(`${option}: `) === true) return refusal.slice(option.length + 2);
  return refusal?.includes(`(${option})`) === true ? refusal.replace(` (${option})`, '') : null;
}

const USER = 'alice';
/** Ten years. */
const DAYS = 3650;
const NAMES = ['localhost', '127.0.0.1'] as const;

/**
 * Lines for a POSIX shell that make credentials where the form has them, or in a place of their own, and print where that
 * is. They touch nothing that is there already. Options are as certtool(1), psktool(1) and openssl(1) have them.
 */
export function makingCommands(form: TlsForm): readonly ClientCommand[] {
  const path = credentialPath(form);
  if (form.kind === 'psk') return keyCommands(path === '' ? 'keys.psk' : path);
  return certificateCommands(path === '' ? 'nbd-certificates' : path, form.verifyPeer);
}

function keyCommands(file: string): readonly ClientCommand[] {
  const place = quoteForShell(file);
  const words = `Makes a key for the user ${USER} in ${file}, and prints its full name`;
  const inNewFile = (make: string): string =>
    `(umask 077 && set -C && : > ${place} && ${make} && realpath ${place})`;
  return [
    { tool: 'psktool', command: inNewFile(`psktool -u ${USER} -p ${place}`), words },
    {
      tool: 'openssl',
      command: inNewFile(`printf '${USER}:%s\\n' "$(openssl rand -hex 32)" >> ${place}`),
      words,
    },
  ];
}

function certificateCommands(directory: string, withClient: boolean): readonly ClientCommand[] {
  const place = quoteForShell(directory);
  const words = `Makes an authority, and by it a certificate for this machine${
    withClient ? ' and one for clients, in the directory client' : ''
  }, in ${directory}, and prints its full name`;
  const inDirectory = (steps: readonly string[]): string =>
    `(${[`umask 077 && mkdir -p ${place} && cd ${place} && set -C && : > ca-key.pem`, ...steps, 'pwd'].join(' && ')})`;
  const client = (make: string): readonly string[] =>
    withClient ? ['mkdir -p client', 'cp ca-cert.pem client', make] : [];
  return [
    {
      tool: 'certtool',
      command: inDirectory([
        certtoolKey('ca'),
        `printf 'cn = "disks"\\nca\\ncert_signing_key\\nexpiration_days = ${DAYS}\\n' | certtool --generate-self-signed --no-text --load-privkey ca-key.pem --template /dev/stdin --outfile ca-cert.pem`,
        certtoolCertificate('server', NAMES[0], 'tls_www_server'),
        ...client(certtoolCertificate('client/client', USER, 'tls_www_client')),
      ]),
      words,
    },
    {
      tool: 'openssl',
      command: inDirectory([
        opensslCertificate('ca', 'disks'),
        `${opensslCertificate('server', NAMES[0])} ${BY_AUTHORITY}`,
        ...client(`${opensslCertificate('client/client', USER)} ${BY_AUTHORITY}`),
      ]),
      words,
    },
  ];
}

function certtoolKey(name: string): string {
  return `certtool --generate-privkey --no-text --outfile ${name}-key.pem`;
}

function certtoolCertificate(name: string, subject: string, purpose: string): string {
  const about = [
    `cn = "${subject}"`,
    `dns_name = "${NAMES[0]}"`,
    `ip_address = "${NAMES[1]}"`,
    purpose,
    'signing_key',
    'encryption_key',
    `expiration_days = ${DAYS}`,
  ].join('\\n');
  const by = '--load-ca-certificate ca-cert.pem --load-ca-privkey ca-key.pem';
  return `${certtoolKey(name)} && printf '${about}\\n' | certtool --generate-certificate --no-text ${by} --load-privkey ${name}-key.pem --template /dev/stdin --outfile ${name}-cert.pem`;
}

function opensslCertificate(name: string, subject: string): string {
  return `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days ${DAYS} -subj /CN=${subject} -keyout ${name}-key.pem -out ${name}-cert.pem`;
}

const BY_AUTHORITY = `-CA ca-cert.pem -CAkey ca-key.pem -addext basicConstraints=CA:FALSE -addext subjectAltName=DNS:${NAMES[0]},IP:${NAMES[1]}`;
