import type { ReactElement } from 'react';
import { useAppState } from './app-context.ts';
import { BlockReadout } from './block-readout.tsx';
import { DiskCard } from './disk-card.tsx';
import { Latencies } from './latencies.tsx';
import { LatestRequests } from './latest-requests.tsx';
import { Legend } from './legend.tsx';

/** What is known in numbers, of the disk in hand. */
export function SidePanel(): ReactElement {
  const name = useAppState(
    (state) => state.session?.disks.find((disk) => disk.id === state.activeDisk)?.name,
  );
  return (
    <aside className="side" aria-label={name === undefined ? 'Numbers' : `Numbers of ${name}`}>
      <Legend />
      <DiskCard />
      <Latencies />
      <BlockReadout />
      <LatestRequests />
    </aside>
  );
}
