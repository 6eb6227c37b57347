import type { ReactElement } from 'react';
import { useAppState } from './app-context.ts';
import { BlockReadout } from './block-readout.tsx';
import { DiskCard } from './disk-card.tsx';
import { DiskInHand } from './disk-in-hand.tsx';
import { FaultsSection } from './faults-section.tsx';
import { Latencies } from './latencies.tsx';
import { LatestRequests } from './latest-requests.tsx';
import { Legend } from './legend.tsx';
import { MarksSection } from './marks-section.tsx';
import { NbdkitCard } from './nbdkit-card.tsx';
import { SetCard } from './set-card.tsx';
import { StructuresSection } from './structures-section.tsx';

/** What is known in numbers, of the disk in hand. The latest requests stay in sight, whatever there is above them. */
export function SidePanel(): ReactElement {
  const name = useAppState(
    (state) => state.session?.disks.find((disk) => disk.id === state.activeDisk)?.name,
  );
  return (
    <aside className="side" aria-label={name === undefined ? 'Numbers' : `Numbers of ${name}`}>
      <div className="side-scroll">
        <DiskInHand />
        <Legend />
        <BlockReadout />
        <StructuresSection />
        <FaultsSection />
        <SetCard />
        <DiskCard />
        <NbdkitCard />
        <MarksSection />
        <Latencies />
      </div>
      <LatestRequests />
    </aside>
  );
}
