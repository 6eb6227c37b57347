import { Ellipsis } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import { type ReactElement, useRef } from 'react';
import type { DiskInfo } from '#shared/contract/messages.ts';
import { setRules } from '../control/fault-deeds.ts';
import { loadRules, saveRules } from '../control/fault-files.ts';
import { useApp } from './app-context.ts';

/** Rules as a file, and all of them at once. */
export function FaultFileMenu({ disk }: { readonly disk: DiskInfo }): ReactElement {
  const app = useApp();
  const chooser = useRef<HTMLInputElement>(null);
  const { rules } = disk.faults;
  const none = rules.length === 0;
  const turnAllOff = (): void =>
    setRules(
      app,
      disk.id,
      rules.map(({ rule }) => ({ ...rule, on: false })),
    );
  return (
    <>
      <DropdownMenu.Root modal={false}>
        <DropdownMenu.Trigger asChild>
          <button type="button" className="panel-menu" aria-label="More about rules">
            <Ellipsis size={16} aria-hidden="true" />
          </button>
        </DropdownMenu.Trigger>
        <DropdownMenu.Portal>
          <DropdownMenu.Content className="menu" align="end" sideOffset={4} collisionPadding={8}>
            <DropdownMenu.Item className="menu-item" disabled={none} onSelect={turnAllOff}>
              Turn all off
            </DropdownMenu.Item>
            <DropdownMenu.Item
              className="menu-item"
              disabled={none}
              onSelect={() => setRules(app, disk.id, [])}
            >
              Remove all
            </DropdownMenu.Item>
            <DropdownMenu.Separator className="menu-line" />
            <DropdownMenu.Item className="menu-item" disabled={none} onSelect={() => saveRules(disk)}>
              Save as a file
            </DropdownMenu.Item>
            <DropdownMenu.Item className="menu-item" onSelect={() => chooser.current?.click()}>
              Load a file…
            </DropdownMenu.Item>
          </DropdownMenu.Content>
        </DropdownMenu.Portal>
      </DropdownMenu.Root>
      <input
        ref={chooser}
        type="file"
        accept=".json,application/json"
        hidden
        aria-label="Fault file"
        onChange={(event) => {
          const file = event.target.files?.[0];
          event.target.value = '';
          if (file !== undefined) void loadRules(app, disk, file);
        }}
      />
    </>
  );
}
