import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ACTION_GROUPS, ACTIONS, type Action } from './actions.ts';
import { chordLabel } from './keys.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const actions: readonly Action[] = ACTIONS;

const labelsOf = ({ keys }: Action): readonly string[] => [
  ...new Set(keys.map((chord) => chordLabel(chord, false))),
];

/** All actions and their keys as the page that readers of the documentation have. */
function keysPage(): string {
  const groups = ACTION_GROUPS.map((group) => {
    const rows = actions
      .filter((action) => action.group === group)
      .map((action) => {
        const only = action.mode === 'presenting' ? ', in presenter mode alone' : '';
        return `| ${labelsOf(action)
          .map((label) => `\`${label}\``)
          .join(', ')} | ${action.title}${only} |`;
      });
    return `## ${group}\n\n| key | |\n|---|---|\n${rows.join('\n')}\n`;
  });
  return [
    '# Keys\n',
    'Keys go by their place on the keyboard, whatever the layout; on a Mac `Ctrl` is `⌘` and `Alt` is `⌥`. Every action is in the menu and',
    'in the command palette (`Ctrl+K`) too. In presenter mode keys mean what that has a use for, then what they mean otherwise.\n',
    'The page is made of the table of actions by `npx vitest run renderer/chrome/keys-page.test.ts -u`.\n',
    groups.join('\n'),
  ].join('\n');
}

describe('keys in the documentation', () => {
  it('are those of the action table, every one', async () => {
    await expect(keysPage()).toMatchFileSnapshot(resolve(ROOT, 'docs/keys.md'));
  });

  it('are such as there are, in the table of the README', () => {
    const readme = readFileSync(resolve(ROOT, 'README.md'), 'utf8');
    const section = /\n## Keys\n(.*?)\n## /s.exec(readme)?.[1] ?? '';
    const rows = [...section.matchAll(/^\| (.*?) \|/gm)].map(([, cell = '']) => cell);
    expect(rows.length).toBeGreaterThan(20);
    const known = new Set(actions.flatMap((action) => labelsOf(action)));
    const named = rows.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, label = '']) => label));
    expect(named.filter((label) => !known.has(label))).toEqual([]);
  });
});
