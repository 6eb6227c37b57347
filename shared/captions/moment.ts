/** Moments of a session as people write them. */

const DAY_US = 86_400_000_000;
/** So far before where it is looked for a time of day may lie: recordings go on, and past midnight. */
const BACK_US = DAY_US / 4;

/** A moment in µs since the epoch, or the sentence that says what was wrong with its text. */
export type ParsedMoment = { readonly us: number } | { readonly error: string };

const FORMS =
  'a time of day in UTC as 22:20:05.5, seconds from the beginning as 12.5 or +12.5, or 2026-05-01T22:20:05';

/**
 * Reads a moment: a time of day (UTC), seconds or minutes and seconds from the beginning (`+12.5`, `+1:02`), plain seconds, or a
 * date with a time. A time of day means the day on which it comes at most six hours before `nearUs`, or later.
 *
 * @param firstUs the beginning of the session. @param nearUs where a time of day is looked for; the beginning when left out.
 */
export function parseMoment(text: string, firstUs: number, nearUs = firstUs): ParsedMoment {
  const trimmed = text.trim();
  const dated = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(\.\d{1,9})?Z?$/.exec(trimmed);
  if (dated !== null) {
    const [, day = '', time = '', fraction = ''] = dated;
    const ms = Date.parse(`${day}T${time}Z`);
    if (!Number.isNaN(ms)) return { us: ms * 1000 + microsOf(fraction) };
  }
  const since = /^\+?(?:(?:(\d{1,4}):)?(\d{1,2}):)?(\d{1,9})(\.\d{1,9})?$/.exec(trimmed);
  const isTimeOfDay = /^\d\d?:\d\d:\d\d/.test(trimmed);
  if (since === null) return { error: `"${text}" is no moment; write ${FORMS}` };
  const [, hours = '0', minutes = '0', seconds = '0', fraction = ''] = since;
  const isClockLike = minutes !== '0' || hours !== '0';
  if (isClockLike && (Number(minutes) > 59 || Number(seconds) > 59)) {
    return { error: `"${text}" has more than 59 minutes or seconds; write ${FORMS}` };
  }
  const us = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1_000_000 + microsOf(fraction);
  if (!isTimeOfDay) return { us: firstUs + us };
  if (us >= DAY_US) return { error: `"${text}" is no time of day; write ${FORMS}` };
  const sameDayUs = Math.floor(nearUs / DAY_US) * DAY_US + us;
  if (sameDayUs < nearUs - BACK_US) return { us: sameDayUs + DAY_US };
  return { us: sameDayUs >= nearUs - BACK_US + DAY_US ? sameDayUs - DAY_US : sameDayUs };
}

function microsOf(fraction: string): number {
  return fraction === '' ? 0 : Number(fraction.slice(1).padEnd(6, '0').slice(0, 6));
}
