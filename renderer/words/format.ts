import { formatBytes, joinHalves, thousands } from '#shared/bytes/size.ts';
import { type Zone, zoneOffsetUs } from './zone.ts';

/** How things are said in the window. Numbers keep their width where they change often; units always stand by them. */

/** A latency or span in µs: `0 µs`, `830 µs`, `1.2 ms`, `12 ms`, `3.4 s`, `2 min 5 s`. */
export function formatDuration(us: number): string {
  if (!(us >= 0)) return '–';
  if (us < 1000) return `${Math.round(us)} µs`;
  if (us < 10_000) return `${(us / 1000).toFixed(1)} ms`;
  if (us < 999_500) return `${Math.round(us / 1000)} ms`;
  const seconds = us / 1_000_000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/** How long ago something was, to whole units so that it does not flicker: `now`, `2 s ago`, `5 min ago`. */
export function formatAge(us: number): string {
  const seconds = us / 1_000_000;
  if (!(seconds >= 1)) return 'now';
  if (seconds < 60) return `${Math.floor(seconds)} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} d ago`;
}

/** The time of day of a session time in µs, in UTC as the logs write it unless another zone is asked for: `22:20:27`. */
export function formatClock(clockUs: number, zone: Zone = 'utc'): string {
  return isoParts(clockUs, zone)?.time.slice(0, 8) ?? '--:--:--';
}

/** The same to the microsecond, or to as many `digits` of a second: `22:20:27.123456`. */
export function formatClockPrecise(clockUs: number, zone: Zone = 'utc', digits = 6): string {
  return isoParts(clockUs, zone)?.time.slice(0, digits === 0 ? 8 : 9 + digits) ?? 'time unknown';
}

/** Date and time of day: `2026-05-01 22:20:27`. */
export function formatDateTime(clockUs: number, zone: Zone = 'utc'): string {
  const parts = isoParts(clockUs, zone);
  return parts === null ? 'time unknown' : `${parts.date} ${parts.time.slice(0, 8)}`;
}

/** The day alone: `2026-05-01`. */
export function formatDay(clockUs: number, zone: Zone = 'utc'): string {
  return isoParts(clockUs, zone)?.date ?? 'day unknown';
}

function isoParts(clockUs: number, zone: Zone): { readonly date: string; readonly time: string } | null {
  const wallUs = clockUs + zoneOffsetUs(clockUs, zone);
  const date = new Date(Math.floor(wallUs / 1000));
  if (Number.isNaN(date.getTime())) return null;
  const iso = date.toISOString();
  const micros = String(Math.floor(wallUs % 1_000_000)).padStart(6, '0');
  return { date: iso.slice(0, 10), time: `${iso.slice(11, 19)}.${micros}` };
}

/** Position in a recording: `0:33`, `1:02:03`. */
export function formatPosition(us: number): string {
  const seconds = Math.max(0, Math.floor(us / 1_000_000));
  const two = (n: number): string => String(n).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** A count that may grow without end in at most seven characters: `316`, `98,765`, `1.23 M`, `4.5 G`. */
export function formatCount(count: number): string {
  if (count < 1_000_000) return thousands(Math.round(count));
  for (const [unit, name] of [
    [1e9, 'G'],
    [1e6, 'M'],
  ] as const) {
    if (count >= unit) return `${(count / unit).toFixed(2)} ${name}`;
  }
  return String(count);
}

/** Requests per second: `0`, `0.5`, `12`, `1,234`. */
export function formatRate(perSecond: number): string {
  return perSecond > 0 && perSecond < 10 && perSecond % 1 !== 0
    ? perSecond.toFixed(1)
    : formatCount(perSecond);
}

/** A byte offset as `0x1000000`. */
export function formatHex(bytes: bigint): string {
  return `0x${bytes.toString(16)}`;
}

/** A byte offset for people: `16 MiB`, `16.004 MiB`. */
export function formatOffset(bytes: bigint): string {
  return formatBytes(bytes, 3);
}

/** An offset or length of two unsigned 32-bit halves, thousands separated, exact. */
export function formatHalves(high: number, low: number): string {
  return thousands(joinHalves(high, low));
}

/** `1 request`, `2 requests`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${thousands(count)} ${count === 1 ? one : many}`;
}
