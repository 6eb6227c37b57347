import { ChevronDown } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import type { ReactElement } from 'react';
import { PLAY_SPEEDS } from '#shared/contract/time.ts';
import { setSpeed } from '../control/time-deeds.ts';
import { hasPast } from '../store/app-store.ts';
import { speedWords } from '../words/speed-words.ts';
import { speedTitle } from '../words/time-words.ts';
import { useApp, useAppState } from './app-context.ts';
import { Choice } from './menu-items.tsx';

/** How fast the past is played. */
export function SpeedMenu(): ReactElement {
  const app = useApp();
  const speed = useAppState((state) => state.view.speed);
  const past = useAppState(hasPast);
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>
        <button
          type="button"
          className="button button-quiet speed-button mono"
          aria-label={`Speed ${speedWords(speed)}`}
          disabled={!past}
        >
          {speedWords(speed)}
          <ChevronDown size={12} aria-hidden="true" />
        </button>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu" align="start" sideOffset={4} collisionPadding={8}>
          <Choice
            label="Speed"
            titled={false}
            value={String(speed)}
            options={PLAY_SPEEDS.map((choice) => [String(choice), speedTitle(choice)])}
            onChoose={(value) => setSpeed(app, Number(value))}
          />
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
