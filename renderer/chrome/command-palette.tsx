import { Command } from 'cmdk';
import type { ReactElement } from 'react';
import { ACTION_GROUPS, ACTIONS, type Action, isAvailable } from './actions.ts';
import { useApp, useAppState } from './app-context.ts';
import { isMac, keyLabel } from './keys.ts';
import { Modal } from './modal.tsx';

/** Finds an action by its words and does it. */
export function CommandPalette(): ReactElement {
  const app = useApp();
  const state = useAppState((whole) => whole);
  const actions = (ACTIONS as readonly Action[]).filter((action) => action.id !== 'window.palette');
  const run = (action: Action): void => {
    app.store.setState({ dialog: null });
    action.run(app);
  };
  return (
    <Modal title="Find a command" bare>
      <Command label="Commands" className="palette" loop>
        <Command.Input className="palette-input" placeholder="Find a command" autoFocus />
        <Command.List className="palette-list">
          <Command.Empty className="palette-empty">No command has these words.</Command.Empty>
          {ACTION_GROUPS.map((group) => (
            <Command.Group key={group} heading={group}>
              {actions
                .filter((action) => action.group === group && isAvailable(action, state))
                .map((action) => (
                  <Command.Item
                    key={action.id}
                    value={`${action.title} ${action.group}`}
                    onSelect={() => run(action)}
                  >
                    <span>{action.title}</span>
                    <kbd>{keyLabel(action, isMac())}</kbd>
                  </Command.Item>
                ))}
            </Command.Group>
          ))}
        </Command.List>
      </Command>
    </Modal>
  );
}
