import type { HostInfo } from '#shared/contract/messages.ts';
import { plural } from './format.ts';

/** What is in force on a hosted disk, in the units that its card shows. */

type Parameters = HostInfo['parameters'];

/** The errors that the error filter can answer with. */
export const INJECTED_ERRORS = ['EIO', 'ENOSPC', 'EPERM', 'ENOMEM', 'EINVAL', 'ESHUTDOWN'] as const;

/** The longest delay that the fields offer, in ms. */
export const MAX_DELAY_MS = 60_000;

/** The parameters that the card has fields for; the others are listed. */
const SHOWN_KEYS: ReadonlySet<string> = new Set(['rdelay', 'wdelay', 'error', 'error-rate', 'size']);

/** A delay in ms, 0 for none. Of several that name the operation the last counts, as for nbdkit. */
export function delayInForce(parameters: Parameters, key: 'rdelay' | 'wdelay'): number {
  const value = lastOf(parameters, key, key === 'rdelay' ? 'delay-read' : 'delay-write');
  const match = /^(\d+)(ms|s)?$/.exec(value ?? '');
  if (match === null) return 0;
  return Number(match[1]) * (match[2] === 'ms' ? 1 : 1000);
}

/** The share of requests that is made to fail, in per cent. */
export function errorPercentInForce(parameters: Parameters): number {
  const value = lastOf(parameters, 'error-rate');
  const number = Number.parseFloat(value ?? '');
  if (!Number.isFinite(number)) return 0;
  return Number((value?.endsWith('%') ? number : number * 100).toFixed(4));
}

/** The error that they fail with; EIO where none is named. */
export function errorNameInForce(parameters: Parameters): string {
  const value = lastOf(parameters, 'error');
  return value === undefined || value === '' ? 'EIO' : value;
}

/** Parameters in force that the card has no field for, as they are written: `delay-open=1s`. */
export function otherParameters(parameters: Parameters): readonly string[] {
  return parameters.filter((one) => !SHOWN_KEYS.has(one.key)).map((one) => `${one.key}=${one.value}`);
}

function lastOf(parameters: Parameters, ...keys: readonly string[]): string | undefined {
  return parameters.findLast((one) => keys.includes(one.key))?.value;
}

/** Clients other than the one that runs this window's workloads. */
export function otherClients(host: Pick<HostInfo, 'connections'>): HostInfo['connections'] {
  return host.connections.filter((connection) => !connection.builtIn);
}

/** What has become of what clients wrote; null where nothing was written. */
export function writtenWords(host: Pick<HostInfo, 'changed' | 'unsaved' | 'overlay'>): string | null {
  if (!host.changed) return null;
  if (!host.unsaved) return 'Written to';
  return host.overlay?.changed === true
    ? 'Written to, and not committed: it is lost when it is stopped'
    : 'Written to, and not saved: it is lost when it is stopped';
}

/** Whether something runs on it that ends with it: a save, a copy or a commit. */
export function isBusy({ task, overlay }: Pick<HostInfo, 'task' | 'overlay'>): boolean {
  return task !== null || isCommitting(overlay);
}

export function isCommitting(overlay: HostInfo['overlay']): boolean {
  return overlay !== null && overlay.committed !== null;
}

/** Whether the overlay holds something that can be committed now. */
export function canCommit(overlay: HostInfo['overlay']): boolean {
  return overlay?.changed === true && overlay.whyNoCommit === null && overlay.committed === null;
}

/** What comes of stopping a disk, in sentences; empty where nothing does. */
export function lossWords(
  host: Pick<HostInfo, 'connections' | 'volatile' | 'unsaved' | 'overlay' | 'task'>,
): string {
  const sentences: string[] = [];
  const clients = otherClients(host).length;
  if (clients > 0) {
    const use = clients === 1 ? 'uses' : 'use';
    sentences.push(`${plural(clients, 'client')} ${use} it now and will get errors.`);
  }
  if (host.unsaved) {
    sentences.push(
      host.overlay?.changed === true
        ? 'What was written to it is kept apart, not committed, and is lost, unless it is committed or saved first.'
        : 'What was written to it is in memory only and is lost, unless it is saved.',
    );
  } else if (host.volatile && clients > 0) {
    sentences.push('What is on the disk is lost.');
  }
  if (host.task !== null) sentences.push(`The ${host.task.kind} to ${host.task.to} is broken off.`);
  if (isCommitting(host.overlay)) sentences.push('The commit that runs is broken off.');
  return sentences.join(' ');
}

/** Whether what passes between the disk and its clients is encrypted; null where it never is. */
export function tlsWords(tls: HostInfo['tls']): string | null {
  if (tls === null) return null;
  const by = tls.kind === 'psk' ? 'keys shared beforehand' : 'certificates';
  return tls.mode === 'require'
    ? `Encrypted by TLS, with ${by}; nothing else is let in`
    : `TLS is offered, with ${by}; clients may do without`;
}

/** Memory is taken in pieces of this size, bytes. */
const MEMORY_PIECE_BYTES = 64 * 1024;

/** Whether hosted disks that take so much together can take no more. */
export function isMemoryFull(allBytes: number, limitBytes: number): boolean {
  return allBytes + MEMORY_PIECE_BYTES > limitBytes;
}

/** Whether others than programs on this machine can reach the disk. */
export function isExposed({ tcp }: Pick<HostInfo, 'tcp'>): boolean {
  return tcp !== null && tcp.host !== 'localhost' && tcp.host !== '::1' && !/^127\./.test(tcp.host);
}

/** A whole number that a person typed, or the sentence that says what would do. Empty counts as 0. */
export function readWhole(
  text: string,
  most: number,
  what: string,
): { readonly value: number } | { readonly error: string } {
  const trimmed = text.trim();
  if (trimmed === '') return { value: 0 };
  const value = Number(trimmed);
  return /^\d+$/.test(trimmed) && value <= most
    ? { value }
    : { error: `"${trimmed}": ${what}, from 0 to ${most}` };
}

/** A rate in per cent that a person typed, or the sentence that says what would do. Empty counts as 0. */
export function readPercent(text: string): { readonly value: number } | { readonly error: string } {
  const trimmed = text.trim().replace(/\s*%$/, '');
  if (trimmed === '') return { value: 0 };
  const value = Number(trimmed);
  return /^(\d+(\.\d*)?|\.\d+)$/.test(trimmed) && value <= 100
    ? { value }
    : { error: `"${trimmed}": a rate is a number from 0 to 100` };
}
