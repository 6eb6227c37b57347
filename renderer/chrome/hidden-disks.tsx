import { Eye } from 'lucide-react';
import type { ReactElement } from 'react';
import { showAllDisks, showDisk } from '../control/disk-deeds.ts';
import { hiddenDisks } from '../store/arrangement.ts';
import { useApp, useAppState } from './app-context.ts';

/** The disks whose panels were put away, each a press from coming back. */
export function HiddenDisks(): ReactElement | null {
  const app = useApp();
  const session = useAppState((state) => state.session);
  const hidden = useAppState((state) => state.hidden);
  const disks = hiddenDisks({ session, hidden });
  if (disks.length === 0) return null;
  return (
    <aside className="hidden-disks" aria-label="Hidden disks">
      <span className="quiet">Hidden</span>
      <ul className="hidden-list">
        {disks.map((disk) => (
          <li key={disk.id}>
            <button
              type="button"
              className="button button-small"
              aria-label={`Show ${disk.name}`}
              onClick={() => showDisk(app, disk.id)}
            >
              <Eye size={12} aria-hidden="true" />
              <span className="clip">{disk.name}</span>
            </button>
          </li>
        ))}
      </ul>
      {disks.length > 1 && (
        <button type="button" className="link" onClick={() => showAllDisks(app)}>
          Show all
        </button>
      )}
    </aside>
  );
}
