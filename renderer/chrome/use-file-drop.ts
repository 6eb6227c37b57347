import { useEffect, useState } from 'react';
import { readDrop } from '../control/dropped.ts';
import { openDropped } from '../control/log-deeds.ts';
import type { WindowApp } from '../control/window-app.ts';

/** Opens files that are dropped anywhere on the window. True while files are held over it. */
export function useFileDrop(app: WindowApp): boolean {
  const [over, setOver] = useState(false);
  useEffect(() => {
    const stop = new AbortController();
    const { signal } = stop;
    const holdsFiles = (event: DragEvent): event is DragEvent & { readonly dataTransfer: DataTransfer } =>
      event.dataTransfer?.types.includes('Files') ?? false;
    const onOver = (event: DragEvent): void => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      setOver(true);
    };
    const onLeave = (event: DragEvent): void => {
      if (event.relatedTarget === null) setOver(false);
    };
    const onDrop = (event: DragEvent): void => {
      setOver(false);
      if (!holdsFiles(event)) return;
      event.preventDefault();
      void readDrop(event.dataTransfer).then((dropped) => openDropped(app, dropped));
    };
    document.addEventListener('dragover', onOver, { signal });
    document.addEventListener('dragleave', onLeave, { signal });
    document.addEventListener('drop', onDrop, { signal });
    return () => stop.abort();
  }, [app]);
  return over;
}
