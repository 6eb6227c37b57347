import { isOwnPage } from './own-origin.ts';

/** What our own page may ask of the system: the whole screen, for presenting. Nothing else, and nobody else. */
export function mayHave(permission: string, pageUrl: string): boolean {
  return permission === 'fullscreen' && isOwnPage(pageUrl);
}
