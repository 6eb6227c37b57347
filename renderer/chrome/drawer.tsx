import { ChevronsDown, ChevronsUp, X } from 'lucide-react';
import { Tabs } from 'radix-ui';
import type { ReactElement } from 'react';
import { closeDrawer, toggleDrawerHeight } from '../control/ask-deeds.ts';
import { DRAWER_TABS, type DrawerTab } from '../store/app-store.ts';
import { actionOf } from './actions.ts';
import { useApp, useAppState } from './app-context.ts';
import { BlockRequests } from './block-requests.tsx';
import { isMac, keyLabel } from './keys.ts';
import { LatencyPlot } from './latency-plot.tsx';
import { SeekPlot } from './seek-plot.tsx';
import { SpanTotalsView } from './span-totals.tsx';
import { Tip, TipWords } from './tip.tsx';

const TITLES: Readonly<Record<DrawerTab, string>> = {
  block: 'Block',
  span: 'Span',
  latency: 'Latency',
  seek: 'Seek plot',
};

/** Answers to questions about the past, above the timeline: one at a time. */
export function Drawer({ tab }: { readonly tab: DrawerTab }): ReactElement {
  const app = useApp();
  const tall = useAppState((state) => state.drawerTall);
  const tallKey = keyLabel(actionOf('ask.tall'), isMac());
  return (
    <Tabs.Root
      className="drawer"
      data-tall={tall}
      data-testid="drawer"
      value={tab}
      onValueChange={(value) => {
        const drawer = DRAWER_TABS.find((candidate) => candidate === value);
        if (drawer !== undefined) app.store.setState({ drawer });
      }}
    >
      <div className="drawer-head">
        <Tabs.List className="drawer-tabs" aria-label="Questions about the past" data-own-arrows>
          {DRAWER_TABS.map((name) => (
            <Tabs.Trigger key={name} value={name} className="drawer-tab">
              {TITLES[name]}
            </Tabs.Trigger>
          ))}
        </Tabs.List>
        <Tip
          words={<TipWords title={tall ? 'Make the drawer smaller' : 'Enlarge the drawer'} keys={tallKey} />}
        >
          <button
            type="button"
            className="button button-quiet"
            aria-label="Enlarge the drawer"
            aria-pressed={tall}
            onClick={() => toggleDrawerHeight(app)}
          >
            {tall ? (
              <ChevronsDown size={16} aria-hidden="true" />
            ) : (
              <ChevronsUp size={16} aria-hidden="true" />
            )}
          </button>
        </Tip>
        <Tip words="Close the drawer">
          <button
            type="button"
            className="button button-quiet"
            aria-label="Close the drawer"
            onClick={() => closeDrawer(app)}
          >
            <X size={16} aria-hidden="true" />
          </button>
        </Tip>
      </div>
      <Tabs.Content value={tab} className="drawer-body" tabIndex={-1}>
        {tab === 'block' && <BlockRequests />}
        {tab === 'span' && <SpanTotalsView />}
        {tab === 'latency' && <LatencyPlot />}
        {tab === 'seek' && <SeekPlot />}
      </Tabs.Content>
    </Tabs.Root>
  );
}
