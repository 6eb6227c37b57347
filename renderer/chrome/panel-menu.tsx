import { Ellipsis } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import type { ReactElement } from 'react';
import { thousands } from '#shared/bytes/size.ts';
import type { DiskInfo, RunInfo, SourceInfo } from '#shared/contract/messages.ts';
import { hideDisk, moveDiskBy, startRenaming } from '../control/disk-deeds.ts';
import { askForErrorFile } from '../control/fault-deeds.ts';
import { closeSource } from '../control/host-deeds.ts';
import { toggleEnlarged } from '../control/select-deeds.ts';
import { shownDisks } from '../store/arrangement.ts';
import { formatDateTime } from '../words/format.ts';
import type { Zone } from '../words/zone.ts';
import { type ActionId, actionOf } from './actions.ts';
import { useApp, useAppState } from './app-context.ts';
import { isMac, keyLabel } from './keys.ts';
import { Choice } from './menu-items.tsx';

interface PanelMenuProps {
  readonly disk: DiskInfo;
  readonly source: SourceInfo | undefined;
}

/** What can be done with one disk and its panel. */
export function PanelMenu({ disk, source }: PanelMenuProps): ReactElement {
  const app = useApp();
  const several = useAppState((state) => shownDisks(state).length > 1);
  const zone = useAppState((state) => state.zone);
  const enlarged = useAppState((state) => state.enlarged === disk.id);
  const runs = source?.runs ?? [];
  const run = source?.run ?? null;
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
        <DropdownMenu.Content
          className="menu"
          align="end"
          sideOffset={4}
          collisionPadding={8}
          // The name's field takes the focus itself; the menu must not take it back.
          onCloseAutoFocus={(event) => app.state.renaming !== null && event.preventDefault()}
        >
          {runs.length > 1 && (
            <>
              <Choice
                label="Runs in this log"
                titled
                value={run === null ? 'all' : String(run)}
                options={[
                  ['all', 'All of them'],
                  ...runs.map((one): [string, string] => [String(one.index), runWords(one, zone)]),
                ]}
                onChoose={pick}
              />
              <DropdownMenu.Separator className="menu-line" />
            </>
          )}
          <Item words="Show the whole disk" onSelect={() => app.picture?.fit(disk.id)} />
          <Item words="Rename" like="disk.rename" onSelect={() => startRenaming(app, disk.id)} />
          {several && (
            <>
              <Item
                words={enlarged ? 'Put back' : 'Enlarge'}
                like="panel.enlarge"
                onSelect={() => {
                  app.activate(disk.id);
                  toggleEnlarged(app, disk.id);
                }}
              />
              <Item words="Hide" like="disk.hide" onSelect={() => hideDisk(app, disk.id)} />
              <Item
                words="Move left"
                like="disk.moveLeft"
                onSelect={() => moveDiskBy(app, disk.id, 'left')}
              />
              <Item
                words="Move right"
                like="disk.moveRight"
                onSelect={() => moveDiskBy(app, disk.id, 'right')}
              />
            </>
          )}
          {takesErrorFile(source) && (
            <Item words="Choose its error file…" onSelect={() => askForErrorFile(app, disk.id)} />
          )}
          <DropdownMenu.Separator className="menu-line" />
          <Item words="Close" onSelect={() => closeSource(app, disk.source)} />
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

interface ItemProps {
  readonly words: string;
  /** The action that does this to the disk in hand: its key is shown. */
  readonly like?: ActionId;
  readonly onSelect: () => void;
}

function Item({ words, like, onSelect }: ItemProps): ReactElement {
  return (
    <DropdownMenu.Item className="menu-item" onSelect={onSelect}>
      {words}
      {like !== undefined && <kbd>{keyLabel(actionOf(like), isMac())}</kbd>}
    </DropdownMenu.Item>
  );
}

/** Only a log on this machine can have an nbdkit behind it that looks for an error file. */
function takesErrorFile(source: SourceInfo | undefined): boolean {
  return source?.kind === 'log' || source?.kind === 'nbdkit';
}

function runWords(run: RunInfo, zone: Zone): string {
  const when = run.firstUs === null ? 'time unknown' : formatDateTime(run.firstUs, zone);
  return `Run ${run.index + 1} · ${when} · ${thousands(run.lines)} lines`;
}
