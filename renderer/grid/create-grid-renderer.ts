import { Canvas2dRenderer } from './canvas2d-renderer.ts';
import type { GridRenderer } from './grid-renderer.ts';
import { drawsInSoftware } from './software-gl.ts';
import { WebGl2Renderer } from './webgl2-renderer.ts';

/**
 * The renderer for a canvas: WebGL2 where a graphics processor draws it, else Canvas2D, which without one is several
 * times as fast (bench/frame). `prefer` asks for one of them whatever draws it. A canvas keeps the kind of context it
 * first gave, so a second renderer on it must prefer the same. Throws when the canvas gives neither.
 */
export function createGridRenderer(
  canvas: HTMLCanvasElement,
  options: { readonly prefer?: GridRenderer['backend'] } = {},
): GridRenderer {
  const wanted = options.prefer ?? (drawsInSoftware() ? 'canvas2d' : 'webgl2');
  const renderer =
    (wanted === 'webgl2' ? WebGl2Renderer.create(canvas) : null) ?? Canvas2dRenderer.create(canvas);
  if (renderer === null) throw new Error('this browser gives the canvas neither a WebGL2 nor a 2D context');
  return renderer;
}
