import { ACTIONS, type Action, type KeyChord } from './actions.ts';

const NAMES: Readonly<Record<string, string>> = {
  Space: 'Space',
  Period: '.',
  Comma: ',',
  Equal: '+',
  NumpadAdd: 'Num +',
  Minus: '−',
  NumpadSubtract: 'Num −',
  ...Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`Numpad${n}`, `Num ${n}`])),
  NumpadEnter: 'Num Enter',
  BracketLeft: '[',
  BracketRight: ']',
  Backslash: '\\',
  Semicolon: ';',
  Quote: "'",
  Slash: '/',
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
  PageUp: 'Page Up',
  PageDown: 'Page Down',
  Escape: 'Esc',
};

const SHIFTED: Readonly<Record<string, string>> = {
  Slash: '?',
  Semicolon: ':',
  Period: '>',
  Comma: '<',
  Equal: '+',
  BracketLeft: '{',
  BracketRight: '}',
};

/** How a chord is written on this kind of machine: `G`, `?`, `⌘K`, `Ctrl+K`, `Shift+←`, `Alt+←`. */
export function chordLabel(chord: KeyChord, mac: boolean): string {
  const shifted = chord.shift ? SHIFTED[chord.code] : undefined;
  const plain = shifted ?? NAMES[chord.code] ?? chord.code.replace(/^(Key|Digit)/, '');
  const shift = chord.shift && shifted === undefined ? 'Shift+' : '';
  const mod = chord.mod ? (mac ? '⌘' : 'Ctrl+') : '';
  const alt = chord.alt ? (mac ? '⌥' : 'Alt+') : '';
  return `${mod}${alt}${shift}${plain}`;
}

/** The first key of an action, as shown beside it; empty when it has none. */
export function keyLabel(action: Action, mac: boolean): string {
  const chord = action.keys[0];
  return chord === undefined ? '' : chordLabel(chord, mac);
}

/** The parts of a keyboard event that say which chord it is. */
export interface KeyPress {
  readonly code: string;
  readonly shiftKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
}

/** The action that a key press means; null for none. In presenter mode its own actions come first. */
export function actionForKey(press: KeyPress, mac: boolean, presenting = false): Action | null {
  if (mac ? press.ctrlKey : press.metaKey) return null;
  const mod = mac ? press.metaKey : press.ctrlKey;
  const actions: readonly Action[] = ACTIONS;
  const own = presenting ? actions.filter(({ mode }) => mode === 'presenting') : [];
  for (const action of [...own, ...actions.filter(({ mode }) => mode === undefined)]) {
    for (const chord of action.keys) {
      const same =
        chord.code === press.code &&
        (chord.shift ?? false) === press.shiftKey &&
        (chord.mod ?? false) === mod &&
        (chord.alt ?? false) === press.altKey;
      if (same) return action;
    }
  }
  return null;
}

/** Whether this machine has a Command key. */
export function isMac(): boolean {
  return /Mac|iPhone|iPad/.test(navigator.userAgent);
}

const TEXT_ENTRY =
  'input:not([type="checkbox"], [type="radio"]), textarea, select, [contenteditable="true"], [role="dialog"], [role="menu"]';
/** What these keys mean to a control that has the focus comes before what they mean to the window. */
const CONTROLS = 'button, input, a[href], [role="slider"], [role="listbox"], [role="switch"], summary';
const CONTROL_KEYS: ReadonlySet<string> = new Set(['Space', 'Enter', 'NumpadEnter']);
const OWN_ARROWS = '[data-own-arrows]';
const ARROW_KEYS = /^(Arrow|Home$|End$|Page)/;

/** Whether a key press belongs to what has the focus: typing, a dialog, a button about to be pressed, a list. */
export function belongsToFocus(target: EventTarget | null, code: string): boolean {
  if (!(target instanceof Element)) return false;
  if (target.closest(TEXT_ENTRY) !== null) return true;
  if (ARROW_KEYS.test(code) && target.closest(OWN_ARROWS) !== null) return true;
  return CONTROL_KEYS.has(code) && target.closest(CONTROLS) !== null;
}
