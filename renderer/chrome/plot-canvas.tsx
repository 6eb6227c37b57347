import { type PointerEvent, type ReactElement, useEffect, useRef, useState } from 'react';

/** Where a plot's canvas stands: CSS px, and the device px of one. */
export interface PlotSize {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly ratio: number;
}

interface PlotCanvasProps {
  /** What is drawn, in words, for those who do not see it. */
  readonly label: string;
  readonly testId: string;
  readonly onSize: (size: PlotSize) => void;
  readonly size: PlotSize | null;
  /** Draws everything; called whenever the component is rendered. */
  readonly paint: (context: CanvasRenderingContext2D, size: PlotSize) => void;
  /** The pointer is at a place, CSS px from the canvas's left top, or (null) no longer there. */
  readonly onHover: (place: { readonly xPx: number; readonly yPx: number } | null) => void;
  readonly onPick: (place: { readonly xPx: number; readonly yPx: number }) => void;
}

function placeOf(event: PointerEvent<HTMLCanvasElement>): { readonly xPx: number; readonly yPx: number } {
  const box = event.currentTarget.getBoundingClientRect();
  return { xPx: event.clientX - box.left, yPx: event.clientY - box.top };
}

/** A canvas as large as its place, crisp at any ratio. */
export function PlotCanvas(props: PlotCanvasProps): ReactElement {
  const { label, testId, size, onSize, paint, onHover, onPick } = props;
  const place = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [, redraw] = useState(0);
  useEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    const stop = new AbortController();
    const measure = (): void =>
      onSize({ widthPx: element.clientWidth, heightPx: element.clientHeight, ratio: devicePixelRatio });
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    // A window that is dragged to another screen keeps its size and changes its ratio.
    window.addEventListener('resize', measure, { signal: stop.signal });
    void document.fonts.ready.then(() => redraw((times) => times + 1));
    return () => {
      stop.abort();
      observer.disconnect();
    };
  }, [onSize]);
  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext('2d');
    if (size === null || !element || !context) return;
    const widthPx = Math.round(size.widthPx * size.ratio);
    const heightPx = Math.round(size.heightPx * size.ratio);
    if (element.width !== widthPx) element.width = widthPx;
    if (element.height !== heightPx) element.height = heightPx;
    paint(context, size);
  });
  return (
    <div className="plot" ref={place}>
      <canvas
        ref={canvas}
        className="plot-canvas"
        role="img"
        aria-label={label}
        data-testid={testId}
        onPointerMove={(event) => onHover(placeOf(event))}
        onPointerLeave={() => onHover(null)}
        onClick={(event) => {
          const box = event.currentTarget.getBoundingClientRect();
          onPick({ xPx: event.clientX - box.left, yPx: event.clientY - box.top });
        }}
      />
    </div>
  );
}
