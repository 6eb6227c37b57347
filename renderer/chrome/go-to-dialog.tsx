import type { ReactElement } from 'react';
import { thousands } from '#shared/bytes/size.ts';
import { goToByte, readPlace } from '../control/picture-deeds.ts';
import { formatHex, formatOffset } from '../words/format.ts';
import { useApp } from './app-context.ts';
import { type AskedPlace, AskPlaceDialog } from './ask-place-dialog.tsx';

/** Asks for a place on the disk in hand. */
export function GoToDialog(): ReactElement {
  const app = useApp();
  const read = (text: string): AskedPlace => {
    const target = readPlace(app, text);
    if ('error' in target) return target;
    const { offsetBytes } = target;
    return {
      words: `block ${thousands(offsetBytes >> 12n)} · sector ${thousands(offsetBytes >> 9n)} · ${formatHex(offsetBytes)} · ${formatOffset(offsetBytes)}`,
      go: () => goToByte(app, offsetBytes),
    };
  };
  return (
    <AskPlaceDialog
      title={`Go to a place on ${app.diskInHand()?.name ?? 'the disk'}`}
      label="Block, sector or byte offset"
      examples="4096   s32768   16M   0x1000000"
      hint="A bare number is a block of 4 KiB, s123 a sector of 512 bytes, 16M or 0x… a byte offset."
      read={read}
    />
  );
}
