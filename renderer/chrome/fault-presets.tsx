import { Drama } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import type { ReactElement } from 'react';
import type { DiskInfo } from '#shared/contract/messages.ts';
import { FAULT_PRESETS } from '#shared/faults/presets.ts';
import { addRules } from '../control/fault-deeds.ts';
import { useApp } from './app-context.ts';

/** What happens to real disks, a press each, with a sentence of what it teaches. */
export function FaultPresets({ disk }: { readonly disk: DiskInfo }): ReactElement {
  const app = useApp();
  const { sizeBytes } = disk;
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>
        <button type="button" className="button button-small" disabled={sizeBytes === null}>
          <Drama size={12} aria-hidden="true" /> Presets
        </button>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu try-menu" align="end" sideOffset={4} collisionPadding={8}>
          {FAULT_PRESETS.map((preset) => (
            <DropdownMenu.Item
              key={preset.id}
              className="menu-item try-item"
              onSelect={() => {
                if (sizeBytes !== null) addRules(app, disk.id, preset.rules(BigInt(sizeBytes)));
              }}
            >
              <span className="try-words">
                <span className="try-title">{preset.name}</span>
                <span className="quiet">{preset.teaches}</span>
              </span>
            </DropdownMenu.Item>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
