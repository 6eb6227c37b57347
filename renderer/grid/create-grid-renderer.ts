import { Canvas2dRenderer } from './canvas2d-renderer.ts';
import type { GridRenderer } from './grid-renderer.ts';
import { WebGl2Renderer } from './webgl2-renderer.ts';

/**
 * The renderer for a canvas: WebGL2 where there is one, else Canvas2D. `prefer: 'canvas2d'` does not ask for WebGL2. A
 * canvas keeps the kind of context it first gave, so a second renderer on it must prefer the same.
 * Throws when the canvas gives neither.
 */
export function createGridRenderer(
  canvas: HTMLCanvasElement,
  options: { readonly prefer?: GridRenderer['backend'] } = {},
): GridRenderer {
  const renderer =
    (options.prefer === 'canvas2d' ? null : WebGl2Renderer.create(canvas)) ?? Canvas2dRenderer.create(canvas);
  if (renderer === null) throw new Error('this browser gives the canvas neither a WebGL2 nor a 2D context');
  return renderer;
}
