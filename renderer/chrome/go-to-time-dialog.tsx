import type { ReactElement } from 'react';
import { thousands } from '#shared/bytes/size.ts';
import { readTime } from '../control/time-deeds.ts';
import { formatClockPrecise, formatDay } from '../words/format.ts';
import { zoneName } from '../words/zone.ts';
import { useApp, useAppState } from './app-context.ts';
import { type AskedPlace, AskPlaceDialog } from './ask-place-dialog.tsx';

/** Asks for a moment. */
export function GoToTimeDialog(): ReactElement {
  const app = useApp();
  const zone = useAppState((state) => state.zone);
  const read = (text: string): AskedPlace => {
    const target = readTime(app, text);
    if ('error' in target) return target;
    const words =
      'sequence' in target
        ? `row ${thousands(target.sequence)}`
        : `${formatDay(target.us, zone)} ${formatClockPrecise(target.us, zone)} ${zoneName(target.us, zone)}`;
    return { words, go: () => app.time.seek(target) };
  };
  return (
    <AskPlaceDialog
      title="Go to a time"
      label="Time of day, step, or row"
      examples="22:20:27.5   +5s   -2m   1:02   #1200"
      hint={`A time of day in ${zone === 'utc' ? 'UTC' : 'local time'}, +5s or -2m from here, 12.5 or 1:02 from the beginning, or #1200, a row by its number.`}
      read={read}
    />
  );
}
