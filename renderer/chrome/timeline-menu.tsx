import { Ellipsis } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import type { ReactElement } from 'react';
import { toggleSkipIdle } from '../control/time-deeds.ts';
import { hasPast } from '../store/app-store.ts';
import { shownDisks } from '../store/arrangement.ts';
import { TIMELINE_OF, type TimelineOf } from '../store/preferences.ts';
import type { ActionId } from './actions.ts';
import { useApp, useAppState } from './app-context.ts';
import { ActionItem, Choice, ItemMark } from './menu-items.tsx';

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
      <ItemMark />
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
    <Choice
      label="The timeline shows"
      titled
      value={of}
      options={TIMELINE_OF.map((name) => [name, OF_WORDS[name]])}
      onChoose={(timelineOf) => app.prefer({ timelineOf })}
    />
  );
}

function ZoneChoice(): ReactElement {
  const app = useApp();
  const zone = useAppState((state) => state.zone);
  return (
    <Choice
      label="Times are told in"
      titled
      value={zone}
      options={ZONE_WORDS}
      onChoose={(chosen) => app.prefer({ zone: chosen })}
    />
  );
}
