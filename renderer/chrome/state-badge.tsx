import {
  Activity,
  CircleOff,
  CircleX,
  Copy,
  Hourglass,
  type LucideIcon,
  Minus,
  PencilLine,
  RefreshCw,
  ScanLine,
  ShieldAlert,
  TriangleAlert,
} from 'lucide-react';
import type { ReactElement } from 'react';
import type { DiskActivity } from '../store/activity.ts';
import { type ActivityTone, activityTone } from '../words/activity-words.ts';
import { useAppState } from './app-context.ts';
import { Tip } from './tip.tsx';

const ICONS: Readonly<Record<DiskActivity['kind'], LucideIcon>> = {
  unused: Minus,
  idle: Minus,
  busy: Activity,
  scanned: ScanLine,
  written: PencilLine,
  copied: Copy,
  rebuilt: RefreshCw,
  stalled: Hourglass,
  failing: TriangleAlert,
  failed: CircleX,
  gone: CircleOff,
};

function iconOf(activity: DiskActivity): LucideIcon {
  const plain = activity.kind === 'idle' || activity.kind === 'busy' || activity.kind === 'unused';
  return plain && activity.isDegraded ? ShieldAlert : ICONS[activity.kind];
}

/**
 * What a disk is doing. It takes the room that is left in its line, so that nothing moves when the words change: all of
 * them, a badge of one or two, or an icon alone.
 */
export function StateBadge({ disk }: { readonly disk: number }): ReactElement {
  const activity = useAppState((state) => state.activities.get(disk));
  if (activity === undefined) return <span className="state" />;
  const tone: ActivityTone = activityTone(activity);
  const Icon = iconOf(activity);
  return (
    <Tip words={activity.words}>
      <span className="state" data-tone={tone} data-kind={activity.kind} data-testid="disk-state">
        <Icon size={14} aria-hidden="true" />
        <span className="state-words clip">{activity.words}</span>
        <span className="state-badge clip" aria-hidden="true">
          {activity.badge}
        </span>
      </span>
    </Tip>
  );
}
