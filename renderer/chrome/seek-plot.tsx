import { type ReactElement, useEffect, useRef, useState } from 'react';
import { BLOCK_BYTES } from '#shared/model/block-state.ts';
import { THEMES } from '#shared/theme/palettes.ts';
import { blockCount } from '../grid/plane.ts';
import { SEEK_CELL_PX } from '../plots/count-image.ts';
import { CountImage, paintSeekPlot } from '../plots/paint-plots.ts';
import { readSeekData, type SeekData } from '../plots/plot-data.ts';
import { columnAt, momentAt, plotRect } from '../plots/plot-frame.ts';
import { blockAt, rowOfBlock } from '../plots/seek-layout.ts';
import { diskInHand } from '../store/app-store.ts';
import { formatClockPrecise, formatOffset, plural } from '../words/format.ts';
import { useApp, useAppState } from './app-context.ts';
import { PlotCanvas, type PlotSize } from './plot-canvas.tsx';
import { useAskedWindow } from './use-asked-window.ts';
import { useQuestion } from './use-question.ts';

const MOST_COLUMNS = 2048;
const MOST_ROWS = 1024;

interface Place {
  readonly xPx: number;
  readonly yPx: number;
}

/** Where requests of the disk in hand went over time, as seekwatcher draws it, side by side with its grid. */
export function SeekPlot(): ReactElement {
  const app = useApp();
  const [size, setSize] = useState<PlotSize | null>(null);
  const [pointed, setPointed] = useState<Place | null>(null);
  const image = useRef<CountImage | null>(null);
  const { window, key } = useAskedWindow();
  const disk = useAppState(diskInHand);
  const zone = useAppState((state) => state.zone);
  const span = useAppState((state) => state.span);
  const selection = useAppState((state) => state.selection);
  const readout = useAppState((state) => state.readout);
  const theme = THEMES[useAppState((state) => state.shownTheme)];
  useAppState((state) => state.counters.clockUs);
  const rect = size === null ? null : plotRect(size.widthPx, size.heightPx);
  const cells = (px: number, most: number): number =>
    Math.max(1, Math.min(most, Math.floor((px * (size?.ratio ?? 1)) / SEEK_CELL_PX)));
  const endBlock = disk?.sizeBytes == null ? 0 : blockCount(BigInt(disk.sizeBytes));
  const question =
    window === null ||
    rect === null ||
    disk === null ||
    endBlock === 0 ||
    rect.heightPx < 1 ||
    rect.widthPx < 1
      ? null
      : {
          about: 'seekPlot' as const,
          span: { ...window },
          columns: cells(rect.widthPx, MOST_COLUMNS),
          rows: cells(rect.heightPx, MOST_ROWS),
          disk: disk.id,
          firstBlock: 0,
          endBlock,
        };
  const about =
    question === null ? '' : `${key}/${question.columns}/${question.rows}/${disk?.id}/${endBlock}`;
  const { data: known, trouble } = useQuestion(question, about, readSeekData);
  const data = known?.disk === disk?.id ? known : null;

  // What the plot points at is pointed at no longer once it is gone.
  useEffect(() => () => app.hover(null), [app]);

  const hover = (place: Place | null): void => {
    setPointed(place);
    const at = place === null || data === null || rect === null ? null : placeAt(data, rect, place);
    app.hover(at === null || disk === null ? null : { disk: disk.id, block: at.block, sector: 0 });
  };
  const at = pointed === null || data === null || rect === null ? null : placeAt(data, rect, pointed);
  return (
    <>
      <div className="plot-head">
        <p className="plot-words" data-testid="seek-words">
          {trouble ??
            (at === null || data === null
              ? `Where requests on ${disk?.name ?? 'the disk'} went. A click shows that moment; pointing shows the block above.`
              : `${formatClockPrecise(at.us, zone, 2)} · ${rowWords(data, at.block)} · ${countWords(data, at)}`)}
        </p>
        <ul className="plot-key">
          <li>
            <span className="swatch swatch-small" data-layer="read" aria-hidden="true" /> reads
          </li>
          <li>
            <span className="swatch swatch-small" data-layer="write" aria-hidden="true" /> writes, trims,
            zeroes
          </li>
        </ul>
      </div>
      <PlotCanvas
        label={data === null ? 'Seek plot: nothing known yet' : labelOf(data)}
        testId="seek-plot"
        size={size}
        onSize={setSize}
        paint={(context, { ratio }) => {
          if (rect === null || data === null) return;
          image.current ??= new CountImage();
          const scene = { rect, theme, zone, span, shownUs: app.time.shownUs };
          const own = <T extends { readonly disk: number }>(one: T | null): T | null =>
            one?.disk === data.disk ? one : null;
          paintSeekPlot(context, ratio, scene, data, image.current, {
            block: own(readout)?.block ?? null,
            selected: own(selection),
          });
        }}
        onHover={hover}
        onPick={(place) => {
          const picked = data === null || rect === null ? null : placeAt(data, rect, place);
          if (picked !== null) app.time.seek({ us: Math.round(picked.us) });
        }}
      />
    </>
  );
}

interface PlotPlace {
  readonly us: number;
  readonly block: number;
}

function placeAt(data: SeekData, rect: ReturnType<typeof plotRect>, place: Place): PlotPlace | null {
  const us = momentAt(rect, data.window, place.xPx);
  const block = blockAt(rect, data, place.yPx);
  return us === null || block === null ? null : { us, block };
}

/** The stretch of the disk that a row stands for. */
function rowWords(data: SeekData, block: number): string {
  const first = data.firstBlock + rowOfBlock(data, block) * data.blocksPerRow;
  const bytes = (blocks: number): string => formatOffset(BigInt(blocks) * BigInt(BLOCK_BYTES));
  return `${bytes(first)} to ${bytes(Math.min(first + data.blocksPerRow, data.endBlock))}`;
}

function countWords(data: SeekData, { us, block }: PlotPlace): string {
  const cell = rowOfBlock(data, block) * data.columns + (columnAt(data.window, data.columns, us) ?? 0);
  return `${plural(data.reads[cell] ?? 0, 'read')}, ${plural(data.writes[cell] ?? 0, 'write')}`;
}

/** How much of the disk was touched at all, for those who do not see the plot. */
function labelOf(data: SeekData): string {
  let touched = 0;
  for (let row = 0; row < data.rows; row += 1) {
    const range = [row * data.columns, (row + 1) * data.columns] as const;
    const isTouched = (counts: Uint32Array): boolean => counts.subarray(...range).some((count) => count > 0);
    if (isTouched(data.reads) || isTouched(data.writes)) touched += 1;
  }
  return `Seek plot: ${Math.round((touched / Math.max(1, data.rows)) * 100)} % of the disk's stretches were touched in this time`;
}
