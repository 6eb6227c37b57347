import { ChevronRight } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import type { ReactElement } from 'react';
import { ACTION_GROUPS, ACTIONS, type Action, isAvailable } from './actions.ts';
import { useApp, useAppState } from './app-context.ts';
import { isMac, keyLabel } from './keys.ts';

/** Every action of the table, by group. Not modal: a modal menu would put a style element into the page. */
export function MainMenu({ trigger }: { readonly trigger: ReactElement }): ReactElement {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu" align="start" sideOffset={4} collisionPadding={8}>
          <MenuGroups />
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

/** A component of its own, so that what is available is looked up only while the menu is open. */
function MenuGroups(): ReactElement {
  const app = useApp();
  const state = useAppState((whole) => whole);
  const actions: readonly Action[] = ACTIONS;
  return (
    <>
      {ACTION_GROUPS.map((group) => (
        <DropdownMenu.Sub key={group}>
          <DropdownMenu.SubTrigger className="menu-item">
            {group}
            <ChevronRight size={14} aria-hidden="true" />
          </DropdownMenu.SubTrigger>
          <DropdownMenu.Portal>
            <DropdownMenu.SubContent className="menu" sideOffset={4} collisionPadding={8}>
              {actions
                .filter((action) => action.group === group)
                .map((action) => (
                  <DropdownMenu.Item
                    key={action.id}
                    className="menu-item"
                    disabled={!isAvailable(action, state)}
                    onSelect={() => action.run(app)}
                  >
                    {action.title}
                    <kbd>{keyLabel(action, isMac())}</kbd>
                  </DropdownMenu.Item>
                ))}
            </DropdownMenu.SubContent>
          </DropdownMenu.Portal>
        </DropdownMenu.Sub>
      ))}
    </>
  );
}
