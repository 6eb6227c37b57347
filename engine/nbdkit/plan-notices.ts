import type { SourceNotice } from '../session/source.ts';
import type { NbdkitPlan } from './command-line.ts';

/** What a person should know of how a pasted line was run. */
export function planNotices({ added, command, outlivesCrash }: NbdkitPlan): SourceNotice[] {
  const notices: SourceNotice[] = [];
  if (added.length > 0) {
    const text = `nbdscope added to the line: ${added.join('; ')}`;
    notices.push({ key: 'added', level: 'info', text, detail: command });
  }
  if (outlivesCrash) {
    const text = 'this nbdkit cannot be told to end with nbdscope: if nbdscope crashes, end it yourself';
    notices.push({ key: 'outlives', level: 'warning', text, detail: command });
  }
  return notices;
}
