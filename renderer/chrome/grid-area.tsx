import { type ReactElement, useEffect, useRef } from 'react';
import { createGridRenderer } from '../grid/create-grid-renderer.ts';
import { listenToPointer } from '../picture/pointer-input.ts';
import { useApp, useAppState } from './app-context.ts';
import { EmptyState } from './empty-state.tsx';
import { GridPanel } from './grid-panel.tsx';
import { HiddenDisks } from './hidden-disks.tsx';
import { SourceTroubles } from './source-troubles.tsx';

/** The picture: one canvas under the panels of all disks. */
export function GridArea(): ReactElement {
  const app = useApp();
  const area = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const overlay = useRef<HTMLCanvasElement>(null);
  const tiles = useAppState((state) => state.tiles);
  const disks = useAppState((state) => state.session?.disks);

  useEffect(() => {
    const canvasElement = canvas.current;
    const areaElement = area.current;
    const overlayElement = overlay.current;
    if (canvasElement === null || areaElement === null || overlayElement === null) return;
    app.structures.attach(overlayElement);
    const picture = app.attachCanvas(canvasElement, createGridRenderer(canvasElement));
    const observer = new ResizeObserver(([entry]) => {
      if (entry === undefined) return;
      const box = entry.contentRect;
      const device = entry.devicePixelContentBoxSize?.[0];
      picture.setArea({
        widthPx: box.width,
        heightPx: box.height,
        deviceWidthPx: device?.inlineSize ?? Math.round(box.width * devicePixelRatio),
        deviceHeightPx: device?.blockSize ?? Math.round(box.height * devicePixelRatio),
      });
    });
    try {
      observer.observe(canvasElement, { box: 'device-pixel-content-box' });
    } catch {
      observer.observe(canvasElement);
    }
    const pointer = listenToPointer(areaElement, app.pointerActions);
    return () => {
      observer.disconnect();
      pointer.dispose();
      app.detachCanvas();
      app.structures.detach();
    };
  }, [app]);

  return (
    <main className="picture" aria-label="Picture of the disks">
      <SourceTroubles />
      <HiddenDisks />
      <div className="grid-area" ref={area}>
        <canvas className="grid-canvas" ref={canvas} role="img" aria-label="Grids" data-testid="picture" />
        <canvas
          className="grid-canvas structure-canvas"
          ref={overlay}
          data-testid="structures-overlay"
          role="img"
          aria-label="Outlines of what lies on the disks"
        />
        {tiles.map((tile) => {
          const disk = disks?.find((candidate) => candidate.id === tile.disk);
          return disk === undefined ? null : <GridPanel key={tile.disk} tile={tile} disk={disk} />;
        })}
        {disks !== undefined && disks.length === 0 && <EmptyState />}
      </div>
    </main>
  );
}
