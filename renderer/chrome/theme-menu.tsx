import { Check } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import type { ReactElement } from 'react';
import { THEMES } from '#shared/theme/palettes.ts';
import { THEME_CHOICES, type ThemeChoice } from '../store/preferences.ts';
import { useApp, useAppState } from './app-context.ts';

function themeName(choice: ThemeChoice): string {
  return choice === 'system' ? 'As the system' : THEMES[choice].label;
}

/** Chooses the theme. */
export function ThemeMenu({ trigger }: { readonly trigger: ReactElement }): ReactElement {
  const app = useApp();
  const chosen = useAppState((state) => state.theme);
  const choose = (value: string): void => {
    const theme = THEME_CHOICES.find((choice) => choice === value);
    if (theme !== undefined) app.prefer({ theme });
  };
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu" align="end" sideOffset={4} collisionPadding={8}>
          <DropdownMenu.RadioGroup value={chosen} onValueChange={choose}>
            {THEME_CHOICES.map((choice) => (
              <DropdownMenu.RadioItem key={choice} value={choice} className="menu-item menu-check">
                <DropdownMenu.ItemIndicator className="menu-mark">
                  <Check size={14} aria-hidden="true" />
                </DropdownMenu.ItemIndicator>
                {themeName(choice)}
              </DropdownMenu.RadioItem>
            ))}
          </DropdownMenu.RadioGroup>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
