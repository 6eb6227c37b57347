import type { DiskActivity } from '../store/activity.ts';

/** How much what a disk is doing asks to be looked at. */
export type ActivityTone = 'quiet' | 'busy' | 'warning' | 'danger';

export function activityTone(activity: Pick<DiskActivity, 'kind' | 'isDegraded'>): ActivityTone {
  switch (activity.kind) {
    case 'failing':
    case 'failed':
    case 'gone':
      return 'danger';
    case 'stalled':
      return 'warning';
    case 'scanned':
    case 'written':
    case 'copied':
    case 'rebuilt':
      return 'busy';
    default:
      return activity.isDegraded ? 'warning' : 'quiet';
  }
}
