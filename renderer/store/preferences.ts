import * as v from 'valibot';
import { THEME_NAMES } from '#shared/theme/theme.ts';
import { CELL_ORDERS } from '../grid/plane.ts';
import { ZONES } from '../words/zone.ts';

/** What the theme switch offers, in the order in which it goes round. */
export const THEME_CHOICES = ['system', ...THEME_NAMES] as const;
export type ThemeChoice = (typeof THEME_CHOICES)[number];

/** Whose activity the timeline shows: that of all disks together, of the one in hand, or each on a lane of its own. */
export const TIMELINE_OF = ['all', 'disk', 'lanes'] as const;
export type TimelineOf = (typeof TIMELINE_OF)[number];

const PreferencesSchema = v.object({
  theme: v.fallback(v.picklist(THEME_CHOICES), 'system'),
  layout: v.fallback(v.picklist(CELL_ORDERS), 'rows'),
  sideOpen: v.fallback(v.boolean(), true),
  footerOpen: v.fallback(v.boolean(), true),
  hintOpen: v.fallback(v.boolean(), true),
  presenterTheme: v.fallback(v.picklist(THEME_CHOICES), 'projector'),
  pointerRing: v.fallback(v.boolean(), true),
  zone: v.fallback(v.picklist(ZONES), 'utc'),
  timelineOf: v.fallback(v.picklist(TIMELINE_OF), 'all'),
  structuresOn: v.fallback(v.boolean(), true),
  treeOpen: v.fallback(v.boolean(), false),
});

/** What the window remembers from one time to the next. */
export type Preferences = v.InferOutput<typeof PreferencesSchema>;

const KEY = 'nbdscope.window';

export const DEFAULT_PREFERENCES: Preferences = {
  theme: 'system',
  layout: 'rows',
  sideOpen: true,
  footerOpen: true,
  hintOpen: true,
  presenterTheme: 'projector',
  pointerRing: true,
  zone: 'utc',
  timelineOf: 'all',
  structuresOn: true,
  treeOpen: false,
};

/** Reads what {@link storePreferences} wrote; anything it cannot read gives the default. */
export function loadPreferences(storage: Pick<Storage, 'getItem'>): Preferences {
  try {
    const parsed = v.safeParse(PreferencesSchema, JSON.parse(storage.getItem(KEY) ?? '{}'));
    return parsed.success ? parsed.output : DEFAULT_PREFERENCES;
  } catch {
    return DEFAULT_PREFERENCES;
  }
}

/** Remembers the preferences; a browser that refuses storage forgets them, which is no failure. */
export function storePreferences(storage: Pick<Storage, 'setItem'>, preferences: Preferences): void {
  try {
    storage.setItem(KEY, JSON.stringify(preferences));
  } catch {
    // Storage may be refused or full; the choice then holds until the window closes.
  }
}
