import type { ReactElement } from 'react';
import { ACTION_GROUPS, ACTIONS, type Action } from './actions.ts';
import { useAppState } from './app-context.ts';
import { chordLabel, isMac } from './keys.ts';
import { Modal } from './modal.tsx';

/** How an action's keys are written; two keys that are written alike are one to the reader. */
function labelsOf(action: Action): readonly string[] {
  return [...new Set(action.keys.map((chord) => chordLabel(chord, isMac())))];
}

/** Every action and its keys, as the action table has them. */
export function HelpDialog(): ReactElement {
  const version = useAppState((state) => state.version);
  const actions: readonly Action[] = ACTIONS;
  return (
    <Modal title="Keys" wide description="Keys go by their place on the keyboard, whatever the layout.">
      <div className="key-groups">
        {ACTION_GROUPS.map((group) => (
          <section key={group} aria-label={group}>
            <h3>{group}</h3>
            <dl>
              {actions
                .filter((action) => action.group === group)
                .map((action) => (
                  <div key={action.id} className="key-row">
                    <dt>{action.title}</dt>
                    <dd>
                      {labelsOf(action).map((label) => (
                        <kbd key={label}>{label}</kbd>
                      ))}
                    </dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
      </div>
      <p className="quiet">
        Wheel or pinch zooms about the pointer, dragging moves the picture, with Shift it selects blocks, a
        click keeps a block in hand. A panel is dragged by its header, a double click on its name renames it.
        Dragging over the timeline shows any moment, with Shift it selects a span, the wheel zooms there too.
        {version !== '' && ` nbdscope ${version}.`}
      </p>
    </Modal>
  );
}
