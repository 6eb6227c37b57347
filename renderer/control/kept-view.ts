import * as v from 'valibot';
import { type Resume, ResumeSchema } from '#shared/contract/time.ts';

const KEY = 'nbdscope.view';

/** Where this window stood in time when it was last unloaded; null for a new one. */
export function loadView(storage: Storage): Resume | null {
  try {
    const parsed = v.safeParse(ResumeSchema, JSON.parse(storage.getItem(KEY) ?? 'null'));
    return parsed.success ? parsed.output : null;
  } catch {
    return null;
  }
}

/** Keeps where the window stands, for when it is loaded again. `storage` is that of this window alone. */
export function keepView(storage: Storage, resume: Resume | null): void {
  try {
    if (resume !== null) storage.setItem(KEY, JSON.stringify(resume));
  } catch {
    // A browser that stores nothing shows the session anew.
  }
}
