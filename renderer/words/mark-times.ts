import type { Mark } from '#shared/contract/time.ts';

const DAY_US = 86_400_000_000;

/** A moment as a field or a list shows it: `22:20:27.5`; with the day where it is another than that of `firstUs`. */
export function formatMoment(us: number, firstUs: number): string {
  const secondUs = Math.floor(us / 1e6) * 1e6;
  const date = new Date(secondUs / 1000);
  if (Number.isNaN(date.getTime())) return 'time unknown';
  const iso = date.toISOString().slice(0, 19).replace('T', ' ');
  const micros = String(Math.floor(us - secondUs)).padStart(6, '0');
  const fraction = micros.replace(/0+$/, '');
  const sameDay = Math.floor(us / DAY_US) === Math.floor(firstUs / DAY_US);
  return `${sameDay ? iso.slice(11) : iso}${fraction === '' ? '' : `.${fraction}`}`;
}

/** What a mark is called that nobody names: `mark 3`, by the first number that is free. */
export function freeMarkName(marks: readonly Mark[]): string {
  const taken = new Set(marks.map(({ text }) => text));
  let n = marks.filter(({ kind }) => kind === 'mark').length + 1;
  while (taken.has(`mark ${n}`)) n += 1;
  return `mark ${n}`;
}
