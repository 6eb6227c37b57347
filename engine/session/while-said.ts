import type { Session } from './session.ts';

/** What is over sooner, ms, needs no words. */
const AFTER_MS = 400;

/** Waits for something, and where that takes long says meanwhile what it is. */
export async function whileSaid<Result>(
  session: Pick<Session, 'notice' | 'notices' | 'dismiss'>,
  text: string,
  work: Promise<Result>,
): Promise<Result> {
  const timer = setTimeout(
    () => session.notice(null, { key: `while ${text}`, level: 'info', text, detail: null }),
    AFTER_MS,
  );
  try {
    return await work;
  } finally {
    clearTimeout(timer);
    for (const notice of session.notices) if (notice.text === text) session.dismiss(notice.id);
  }
}
