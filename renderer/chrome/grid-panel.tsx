import { Check, Ellipsis } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import { type ReactElement, useCallback } from 'react';
import { formatBytes, thousands } from '#shared/bytes/size.ts';
import type { DiskInfo, RunInfo } from '#shared/contract/messages.ts';
import { closeSource } from '../control/host-deeds.ts';
import type { PanelTile } from '../picture/picture.ts';
import { sum } from '../store/counters.ts';
import { formatDateTime, formatRate } from '../words/format.ts';
import { sourceBadge } from '../words/status.ts';
import { useApp, useAppState } from './app-context.ts';
import { LogName } from './log-name.tsx';
import { SizeQuestion } from './size-question.tsx';
import { Tip } from './tip.tsx';

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
      aria-label={`Disk ${disk.name}`}
      style={{ left: tile.xPx, top: tile.yPx, width: tile.widthPx, height: tile.heightPx }}
    >
      <PanelHeader disk={disk} size={size} />
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

function PanelHeader({
  disk,
  size,
}: {
  readonly disk: DiskInfo;
  readonly size: string | null;
}): ReactElement {
  const app = useApp();
  const source = useAppState((state) => state.session?.sources.find((one) => one.id === disk.source));
  return (
    <header className="panel-header">
      <button type="button" className="panel-name" onClick={() => app.activate(disk.id)}>
        <LogName name={disk.name} />
        {size !== null && <span className="quiet">{size}</span>}
      </button>
      {source !== undefined && (
        <Tip words={source.statusText === '' ? sourceBadge(source) : source.statusText}>
          <span className="badge" data-status={source.status}>
            {sourceBadge(source)}
          </span>
        </Tip>
      )}
      <PanelRate disk={disk.id} />
      <PanelMenu disk={disk} runs={source?.runs ?? []} run={source?.run ?? null} />
    </header>
  );
}

function PanelRate({ disk }: { readonly disk: number }): ReactElement {
  const rate = useAppState((state) => formatRate(sum(state.counters.disks.get(disk)?.ratePerSecond ?? [])));
  return <span className="panel-rate mono">{rate}/s</span>;
}

interface PanelMenuProps {
  readonly disk: DiskInfo;
  readonly runs: readonly RunInfo[];
  readonly run: number | null;
}

function PanelMenu({ disk, runs, run }: PanelMenuProps): ReactElement {
  const app = useApp();
  const pick = (value: string): void =>
    app.send({ command: 'pickRun', source: disk.source, run: value === 'all' ? null : Number(value) });
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>
        <button type="button" className="panel-menu" aria-label={`More for ${disk.name}`}>
          {runs.length > 1 && (
            <span className="mono">
              {run === null ? `${runs.length} runs` : `run ${run + 1} of ${runs.length}`}
            </span>
          )}
          <Ellipsis size={16} aria-hidden="true" />
        </button>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu" align="end" sideOffset={4} collisionPadding={8}>
          {runs.length > 1 && (
            <DropdownMenu.RadioGroup value={run === null ? 'all' : String(run)} onValueChange={pick}>
              <DropdownMenu.Label className="menu-label">Runs in this log</DropdownMenu.Label>
              <RunItem value="all" words="All of them" />
              {runs.map((one) => (
                <RunItem key={one.index} value={String(one.index)} words={runWords(one)} />
              ))}
              <DropdownMenu.Separator className="menu-line" />
            </DropdownMenu.RadioGroup>
          )}
          <DropdownMenu.Item className="menu-item" onSelect={() => app.picture?.fit(disk.id)}>
            Show the whole disk
          </DropdownMenu.Item>
          <DropdownMenu.Item className="menu-item" onSelect={() => closeSource(app, disk.source)}>
            Close
          </DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

function RunItem({ value, words }: { readonly value: string; readonly words: string }): ReactElement {
  return (
    <DropdownMenu.RadioItem value={value} className="menu-item menu-check">
      <DropdownMenu.ItemIndicator className="menu-mark">
        <Check size={14} aria-hidden="true" />
      </DropdownMenu.ItemIndicator>
      {words}
    </DropdownMenu.RadioItem>
  );
}

function runWords(run: RunInfo): string {
  const when = run.firstUs === null ? 'time unknown' : formatDateTime(run.firstUs);
  return `Run ${run.index + 1} · ${when} · ${thousands(run.lines)} lines`;
}
