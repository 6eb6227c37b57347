import { DropdownMenu } from 'radix-ui';
import type { ReactElement } from 'react';
import { THEMES } from '#shared/theme/palettes.ts';
import { THEME_CHOICES, type ThemeChoice } from '../store/preferences.ts';
import { useApp, useAppState } from './app-context.ts';
import { Choice } from './menu-items.tsx';

function themeName(choice: ThemeChoice): string {
  return choice === 'system' ? 'As the system' : THEMES[choice].label;
}

/** Chooses the theme. */
export function ThemeMenu({ trigger }: { readonly trigger: ReactElement }): ReactElement {
  const app = useApp();
  const chosen = useAppState((state) => state.theme);
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu" align="end" sideOffset={4} collisionPadding={8}>
          <Choice
            label="Theme"
            titled={false}
            value={chosen}
            options={THEME_CHOICES.map((choice) => [choice, themeName(choice)])}
            onChoose={(theme) => app.prefer({ theme })}
          />
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
