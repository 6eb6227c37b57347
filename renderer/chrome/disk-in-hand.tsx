import type { ReactElement } from 'react';
import { formatBytes } from '#shared/bytes/size.ts';
import { diskInHand } from '../store/app-store.ts';
import { sourceBadge } from '../words/status.ts';
import { useAppState } from './app-context.ts';
import { ErrorSwitch } from './error-switch.tsx';
import { DiskRate } from './panel-header.tsx';
import { PanelMenu } from './panel-menu.tsx';

/** Of many disks, the one that the side panel speaks of: all that its header may have had no room for. */
export function DiskInHand(): ReactElement | null {
  const disk = useAppState(diskInHand);
  const several = useAppState((state) => (state.session?.disks.length ?? 0) > 1);
  const source = useAppState((state) => state.session?.sources.find((one) => one.id === disk?.source));
  const words = useAppState((state) => (disk === null ? '' : (state.activities.get(disk.id)?.words ?? '')));
  if (disk === null || !several) return null;
  const size = disk.sizeBytes === null ? 'size unknown' : formatBytes(BigInt(disk.sizeBytes));
  return (
    <section className="side-section in-hand" aria-label="Disk in hand" data-testid="disk-in-hand">
      <div className="in-hand-head">
        <h2 className="clip" title={disk.name}>
          {disk.name}
        </h2>
        <ErrorSwitch disk={disk} />
        <PanelMenu disk={disk} source={source} />
      </div>
      <p className="in-hand-line">
        <span className="quiet clip" title={source?.path ?? source?.name}>
          {size}
          {source !== undefined && ` · ${sourceBadge(source)}`}
        </span>
        <DiskRate disk={disk.id} />
      </p>
      <p className="in-hand-words" title={words}>
        {words}
      </p>
    </section>
  );
}
