import { Tabs } from 'radix-ui';
import type { ReactElement } from 'react';
import { useApp } from './app-context.ts';
import { ExportFilmForm } from './export-film-form.tsx';
import { ExportPictureForm } from './export-picture-form.tsx';
import { Modal } from './modal.tsx';

/** What the window shows as a picture, or a span of time as a film. */
export function ExportDialog({ tab }: { readonly tab: 'picture' | 'film' }): ReactElement {
  const app = useApp();
  return (
    <Modal title="Export">
      <Tabs.Root
        className="export"
        value={tab}
        onValueChange={(value) =>
          app.store.setState({ dialog: value === 'film' ? 'exportFilm' : 'exportPicture' })
        }
      >
        <Tabs.List className="export-tabs" aria-label="What to export">
          <Tabs.Trigger className="export-tab" value="picture">
            Picture
          </Tabs.Trigger>
          <Tabs.Trigger className="export-tab" value="film">
            Film
          </Tabs.Trigger>
        </Tabs.List>
        <Tabs.Content value="picture">
          <ExportPictureForm />
        </Tabs.Content>
        <Tabs.Content value="film">
          <ExportFilmForm />
        </Tabs.Content>
      </Tabs.Root>
    </Modal>
  );
}
