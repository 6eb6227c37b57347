import { describe, expect, it } from 'vitest';
import { ACTION_GROUPS, ACTIONS, type Action, actionOf } from './actions.ts';
import { actionForKey, chordLabel, keyLabel } from './keys.ts';

const actions: readonly Action[] = ACTIONS;
const PLAIN = { shiftKey: false, ctrlKey: false, metaKey: false, altKey: false };

describe('the action table', () => {
  it('gives every action a key, and no key to two actions', () => {
    const seen = new Map<string, string>();
    for (const action of actions) {
      expect(action.keys.length, action.id).toBeGreaterThan(0);
      for (const chord of action.keys) {
        const key = `${action.mode ?? ''}/${chord.mod ?? false}/${chord.alt ?? false}/${chord.shift ?? false}/${chord.code}`;
        expect(seen.get(key), `${key} of ${action.id}`).toBeUndefined();
        seen.set(key, action.id);
      }
    }
  });

  it('names every action once and puts it in a known group', () => {
    expect(new Set(actions.map((a) => a.id)).size).toBe(actions.length);
    expect(new Set(actions.map((a) => a.title)).size).toBe(actions.length);
    for (const action of actions) expect(ACTION_GROUPS).toContain(action.group);
  });

  it('finds an action by its name and refuses an unknown one', () => {
    expect(actionOf('move.goTo').title).toContain('Go to');
    expect(() => actionOf('no.such')).toThrow(RangeError);
  });
});

describe('keys', () => {
  it('go by the place on the keyboard', () => {
    expect(actionForKey({ ...PLAIN, code: 'KeyG' }, false)?.id).toBe('move.goTo');
    expect(actionForKey({ ...PLAIN, code: 'Slash', shiftKey: true }, false)?.id).toBe('window.keys');
  });

  it('tell apart what Shift and Command or Control change', () => {
    expect(actionForKey({ ...PLAIN, code: 'ArrowUp' }, false)?.id).toBe('move.up');
    expect(actionForKey({ ...PLAIN, code: 'ArrowUp', shiftKey: true }, false)?.id).toBe('move.selectUp');
    expect(actionForKey({ ...PLAIN, code: 'ArrowUp', ctrlKey: true }, false)?.id).toBe('move.panUp');
    expect(actionForKey({ ...PLAIN, code: 'KeyK', ctrlKey: true }, false)?.id).toBe('window.palette');
    expect(actionForKey({ ...PLAIN, code: 'KeyK', metaKey: true }, true)?.id).toBe('window.palette');
    expect(actionForKey({ ...PLAIN, code: 'KeyK' }, false)?.id).toBe('marks.add');
    expect(actionForKey({ ...PLAIN, code: 'KeyK', shiftKey: true, ctrlKey: true }, false)).toBeNull();
    expect(actionForKey({ ...PLAIN, code: 'ArrowLeft', altKey: true }, false)?.id).toBe('disk.moveLeft');
  });

  it('mean something else in presenter mode, where that has a use for them', () => {
    const ids = (code: string): readonly (string | undefined)[] =>
      [false, true].map((presenting) => actionForKey({ ...PLAIN, code }, false, presenting)?.id);
    expect(ids('PageDown')).toEqual(['move.pageDown', 'present.next']);
    expect(ids('KeyB')).toEqual(['window.side', 'present.blank']);
    expect(ids('Escape')).toEqual(['move.release', 'present.leave']);
    expect(ids('F5')).toEqual([undefined, 'present.first']);
    expect(ids('KeyT')).toEqual(['window.theme', 'window.theme']);
  });

  it('leave the browser its own: Control+C copies, Alt opens menus', () => {
    expect(actionForKey({ ...PLAIN, code: 'KeyC', ctrlKey: true }, false)).toBeNull();
    expect(actionForKey({ ...PLAIN, code: 'KeyG', altKey: true }, false)).toBeNull();
    expect(actionForKey({ ...PLAIN, code: 'KeyC', ctrlKey: true }, true)).toBeNull();
  });

  it('are written as the machine writes them', () => {
    expect(chordLabel({ code: 'KeyK', mod: true }, true)).toBe('⌘K');
    expect(chordLabel({ code: 'KeyK', mod: true }, false)).toBe('Ctrl+K');
    expect(chordLabel({ code: 'ArrowLeft', alt: true }, false)).toBe('Alt+←');
    expect(chordLabel({ code: 'ArrowLeft', alt: true }, true)).toBe('⌥←');
    expect(chordLabel({ code: 'Slash', shift: true }, false)).toBe('?');
    expect(chordLabel({ code: 'ArrowLeft', shift: true }, false)).toBe('Shift+←');
    expect(keyLabel(actionOf('picture.clear'), false)).toBe('C');
  });
});
