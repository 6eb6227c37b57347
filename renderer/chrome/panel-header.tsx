import type { ReactElement } from 'react';
import { formatBytes } from '#shared/bytes/size.ts';
import type { DiskInfo } from '#shared/contract/messages.ts';
import { sum } from '../store/counters.ts';
import { formatRate } from '../words/format.ts';
import { sourceBadge } from '../words/status.ts';
import { useApp, useAppState } from './app-context.ts';
import { ErrorSwitch } from './error-switch.tsx';
import { OrderHint } from './order-hint.tsx';
import { usePanelDrag } from './panel-drag.ts';
import { PanelMenu } from './panel-menu.tsx';
import { PanelName } from './panel-name.tsx';
import { StateBadge } from './state-badge.tsx';
import { Tip } from './tip.tsx';

/** The slim line over a disk's grid. What there is no room for is left out: the side panel tells it of the disk in hand. */
export function PanelHeader({ disk }: { readonly disk: DiskInfo }): ReactElement {
  const app = useApp();
  const source = useAppState((state) => state.session?.sources.find((one) => one.id === disk.source));
  const drag = usePanelDrag(app, disk.id);
  const size = disk.sizeBytes === null ? null : formatBytes(BigInt(disk.sizeBytes));
  return (
    <header className="panel-header" data-own-pointer {...drag}>
      <PanelName disk={disk} size={size} />
      {source !== undefined && (
        <Tip words={source.statusText === '' ? sourceBadge(source) : source.statusText}>
          <span className="badge" data-status={source.status}>
            {sourceBadge(source)}
          </span>
        </Tip>
      )}
      <StateBadge disk={disk.id} />
      <OrderHint disk={disk} />
      <ErrorSwitch disk={disk} />
      <DiskRate disk={disk.id} />
      <PanelMenu disk={disk} source={source} />
    </header>
  );
}

/** Requests per second, of all kinds. */
export function DiskRate({ disk }: { readonly disk: number }): ReactElement {
  const rate = useAppState((state) => formatRate(sum(state.counters.disks.get(disk)?.ratePerSecond ?? [])));
  return <span className="panel-rate mono">{rate}/s</span>;
}
