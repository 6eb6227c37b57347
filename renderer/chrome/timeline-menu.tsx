import { Check, Ellipsis } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import type { ReactElement } from 'react';
import { toggleSkipIdle } from '../control/time-deeds.ts';
import { hasPast } from '../store/app-store.ts';
import { shownDisks } from '../store/arrangement.ts';
import { TIMELINE_OF, type TimelineOf } from '../store/preferences.ts';
import { type ActionId, actionOf, isAvailable } from './actions.ts';
import { useApp, useAppState } from './app-context.ts';
import { isMac, keyLabel } from './keys.ts';

const ACTIONS_HERE: readonly ActionId[] = [
  'time.goTo',
  'time.spanByDrag',
  'time.spanStart',
  'time.spanEnd',
  'time.spanClear',
  'time.zoomToSpan',
  'time.whole',
  'time.zoomIn',
  'time.zoomOut',
];

const OF_WORDS: Readonly<Record<TimelineOf, string>> = {
  all: 'All disks together',
  disk: 'The disk in hand',
  lanes: 'A lane for each disk',
};

const ZONE_WORDS = [
  ['utc', 'UTC'],
  ['local', 'Local time'],
] as const;

/** The rest of what can be done about time, and how the timeline shows it. */
export function TimelineMenu(): ReactElement {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>
        <button type="button" className="button button-quiet" aria-label="More about time">
          <Ellipsis size={16} aria-hidden="true" />
        </button>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu menu-columns" align="start" sideOffset={4} collisionPadding={8}>
          <div className="menu-column">
            {ACTIONS_HERE.map((id) => (
              <ActionItem key={id} id={id} />
            ))}
          </div>
          <div className="menu-column">
            <SkipIdle />
            <Disks />
            <ZoneChoice />
          </div>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

function ActionItem({ id }: { readonly id: ActionId }): ReactElement {
  const app = useApp();
  const action = actionOf(id);
  const available = useAppState((state) => isAvailable(action, state));
  return (
    <DropdownMenu.Item className="menu-item" disabled={!available} onSelect={() => action.run(app)}>
      {action.title}
      <kbd>{keyLabel(action, isMac())}</kbd>
    </DropdownMenu.Item>
  );
}

function Mark(): ReactElement {
  return (
    <DropdownMenu.ItemIndicator className="menu-mark">
      <Check size={14} aria-hidden="true" />
    </DropdownMenu.ItemIndicator>
  );
}

function SkipIdle(): ReactElement {
  const app = useApp();
  const skips = useAppState((state) => state.view.skipIdle);
  const past = useAppState(hasPast);
  return (
    <DropdownMenu.CheckboxItem
      className="menu-item menu-check"
      checked={skips}
      disabled={!past}
      onCheckedChange={() => toggleSkipIdle(app)}
    >
      <Mark />
      Skip idle gaps
    </DropdownMenu.CheckboxItem>
  );
}

function Disks(): ReactElement | null {
  const app = useApp();
  const several = useAppState((state) => shownDisks(state).length > 1);
  const of = useAppState((state) => state.timelineOf);
  if (!several) return null;
  return (
    <DropdownMenu.RadioGroup
      value={of}
      aria-label="The timeline shows"
      onValueChange={(value) => {
        const chosen = TIMELINE_OF.find((name) => name === value);
        if (chosen !== undefined) app.prefer({ timelineOf: chosen });
      }}
    >
      <DropdownMenu.Label className="menu-label">The timeline shows</DropdownMenu.Label>
      {TIMELINE_OF.map((name) => (
        <DropdownMenu.RadioItem key={name} value={name} className="menu-item menu-check">
          <Mark />
          {OF_WORDS[name]}
        </DropdownMenu.RadioItem>
      ))}
    </DropdownMenu.RadioGroup>
  );
}

function ZoneChoice(): ReactElement {
  const app = useApp();
  const zone = useAppState((state) => state.zone);
  return (
    <DropdownMenu.RadioGroup
      value={zone}
      aria-label="Times are told in"
      onValueChange={(value) => app.prefer({ zone: value === 'local' ? 'local' : 'utc' })}
    >
      <DropdownMenu.Label className="menu-label">Times are told in</DropdownMenu.Label>
      {ZONE_WORDS.map(([name, words]) => (
        <DropdownMenu.RadioItem key={name} value={name} className="menu-item menu-check">
          <Mark />
          {words}
        </DropdownMenu.RadioItem>
      ))}
    </DropdownMenu.RadioGroup>
  );
}
