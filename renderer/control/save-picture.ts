import { formatBytes } from '#shared/bytes/size.ts';
import { drawSheet, type SheetLegendEntry } from '../picture/picture-sheet.ts';
import { formatCount, formatDateTime } from '../words/format.ts';
import { zoneName } from '../words/zone.ts';
import { download } from './download.ts';
import type { WindowApp } from './window-app.ts';

/** Saves the picture as it is now, with title and legend, as a PNG that the browser downloads. */
export async function savePicture(app: WindowApp): Promise<void> {
  const { picture } = app;
  if (picture === null) return;
  const { session, tiles, activeDisk, zone } = app.state;
  const shownUs = app.session.shownUs();
  const theme = app.theme.theme;
  const { requests, errors } = totals(app);
  const legend: SheetLegendEntry[] = [
    { label: 'read', color: theme.grid.read, count: formatCount(requests[0] ?? 0) },
    { label: 'write', color: theme.grid.written, count: formatCount(requests[1] ?? 0) },
    { label: 'trim', color: theme.grid.trimmed, count: formatCount(requests[2] ?? 0) },
    { label: 'zero', color: theme.grid.zeroed, count: formatCount(requests[3] ?? 0) },
    { label: 'error', color: theme.grid.error, count: formatCount(errors) },
  ];
  const names = tiles.map((tile) => {
    const disk = session?.disks.find((candidate) => candidate.id === tile.disk);
    const size = disk?.sizeBytes ? ` · ${formatBytes(BigInt(disk.sizeBytes))}` : '';
    return { ...tile, name: `${disk?.name ?? ''}${size}` };
  });
  // The sheet reads the canvas in the same turn in which it was drawn: WebGL keeps its pixels no longer.
  picture.drawNow();
  const sheet = drawSheet({
    picture: picture.canvas,
    ratio: picture.ratio,
    theme,
    title: `nbdscope · ${formatDateTime(shownUs, zone)} ${zoneName(shownUs, zone)}`,
    names,
    legend,
  });
  const blob = await new Promise<Blob | null>((resolve) => {
    sheet.toBlob(resolve, 'image/png');
  });
  if (blob === null) {
    app.notify({
      level: 'error',
      text: 'the picture is too large for a PNG; make the window smaller',
      detail: null,
    });
    return;
  }
  const name = session?.disks.find((disk) => disk.id === activeDisk)?.name ?? 'disk';
  download(blob, `nbdscope-${name.replace(/[^\w.-]+/g, '_').slice(0, 60)}.png`);
}

function totals(app: WindowApp): { readonly requests: readonly number[]; readonly errors: number } {
  const requests = [0, 0, 0, 0];
  let errors = 0;
  for (const disk of app.session.state.disks) {
    for (const op of requests.keys()) requests[op] = (requests[op] ?? 0) + (disk?.counters.requests[op] ?? 0);
    for (const count of disk?.counters.errors ?? []) errors += count;
  }
  return { requests, errors };
}
