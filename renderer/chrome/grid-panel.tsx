import { type ReactElement, useCallback } from 'react';
import { formatBytes } from '#shared/bytes/size.ts';
import type { DiskInfo } from '#shared/contract/messages.ts';
import type { PanelTile } from '../picture/picture.ts';
import { useApp, useAppState } from './app-context.ts';
import { PanelHeader } from './panel-header.tsx';
import { SizeQuestion } from './size-question.tsx';

/** One disk: a slim header, and the place on the canvas where its grid is drawn. */
export function GridPanel({
  tile,
  disk,
}: {
  readonly tile: PanelTile;
  readonly disk: DiskInfo;
}): ReactElement {
  const app = useApp();
  const active = useAppState(
    (state) => state.activeDisk === disk.id && (state.session?.disks.length ?? 0) > 1,
  );
  const dragState = useAppState(({ drag }) => {
    if (drag === null) return undefined;
    if (drag.disk === disk.id) return 'dragged';
    return drag.over === disk.id ? 'target' : undefined;
  });
  const attach = useCallback(
    (element: HTMLElement | null) => {
      if (element === null) return undefined;
      element.tabIndex = 0;
      return app.picture?.attachGrid(disk.id, element);
    },
    [app, disk.id],
  );
  const size = disk.sizeBytes === null ? null : formatBytes(BigInt(disk.sizeBytes));
  return (
    <section
      className="panel"
      data-active={active}
      data-drag={dragState}
      aria-label={`Disk ${disk.name}`}
      style={{ left: tile.xPx, top: tile.yPx, width: tile.widthPx, height: tile.heightPx }}
    >
      <PanelHeader disk={disk} />
      {size === null ? (
        <SizeQuestion disk={disk} />
      ) : (
        <div
          className="panel-grid"
          ref={attach}
          data-testid="grid"
          data-disk={disk.id}
          role="application"
          aria-label={`${disk.name}, ${size}: arrow keys move over its blocks`}
          onFocus={() => app.activate(disk.id)}
        />
      )}
    </section>
  );
}
