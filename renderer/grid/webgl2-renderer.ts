import type { GridTheme, HexColor } from '#shared/theme/theme.ts';
import { rgbOf } from '#shared/theme/theme.ts';
import { GlCells } from './gl-cells.ts';
import { GlMarks } from './gl-marks.ts';
import { linkProgram } from './gl-program.ts';
import type { FrameInput, GridRenderer, Panel } from './grid-renderer.ts';
import { type GridHeat, heatSteps } from './heat.ts';
import { WIDE_LINE_FROM_PX } from './mark-look.ts';
import type { MarkField } from './marks.ts';
import { PanelCellsKeeper } from './panel-cells.ts';
import { type Corners, type PanelFrame, panelFrame, shownKinds } from './panel-frame.ts';
import { PANEL_FRAGMENT, PANEL_VERTEX } from './webgl2-shaders.ts';

const UNIFORMS = [
  'uCells',
  'uMarks',
  'uMarkStride',
  'uMarkLine',
  'uPattern',
  'uPanel',
  'uOffset',
  'uBase',
  'uWindow',
  'uCellPx',
  'uInnerPx',
  'uAggregated',
  'uNowMs',
  'uSpeed',
  'uReducedMotion',
  'uKinds',
  'uShowRead',
  'uShowError',
  'uShowInFlight',
  'uFlush',
  'uEdge',
  'uCursor',
  'uCursorPx',
  'uGround',
  'uFill',
  'uRead',
  'uError',
  'uInFlight',
  'uCursorColor',
  'uFlushColor',
  'uHeat',
  'uHeatNow',
  'uHeatSteps',
  'uHeatColor',
] as const;

/** What lives in one GL context, and dies with it. */
class GlParts {
  readonly gl: WebGL2RenderingContext;
  readonly cells: GlCells;
  readonly marks: GlMarks;
  readonly program;
  readonly #triangle: WebGLVertexArrayObject;
  readonly #fill = new Float32Array(12);

  constructor(gl: WebGL2RenderingContext) {
    this.gl = gl;
    this.program = linkProgram(gl, PANEL_VERTEX, PANEL_FRAGMENT, UNIFORMS);
    this.cells = new GlCells(gl);
    this.marks = new GlMarks(gl);
    this.#triangle = gl.createVertexArray();
    gl.disable(gl.DITHER);
  }

  /** Begins a frame: everything becomes ground, and what all panels share is set. */
  begin(frame: FrameInput): void {
    const { gl } = this;
    const at = this.program.at;
    const [red, green, blue] = rgbOf(frame.theme.ground);
    gl.disable(gl.SCISSOR_TEST);
    gl.viewport(0, 0, gl.drawingBufferWidth, gl.drawingBufferHeight);
    gl.clearColor(red / 255, green / 255, blue / 255, 1);
    gl.clear(gl.COLOR_BUFFER_BIT);
    this.program.activate();
    gl.bindVertexArray(this.#triangle);
    gl.enable(gl.SCISSOR_TEST);
    gl.uniform1i(at.uCells, 0);
    gl.uniform1i(at.uMarks, 1);
    gl.uniform1i(at.uReducedMotion, frame.reducedMotion ? 1 : 0);
    gl.uniform1ui(at.uKinds, shownKinds(frame.filter));
    gl.uniform1i(at.uShowRead, frame.filter.read ? 1 : 0);
    gl.uniform1i(at.uShowError, frame.filter.error ? 1 : 0);
    gl.uniform1i(at.uShowInFlight, frame.filter.inFlight ? 1 : 0);
    this.#setColors(frame.theme);
    this.#setHeat(frame.heat ?? null);
  }

  #setColors(theme: GridTheme): void {
    const { gl } = this;
    const at = this.program.at;
    const set = (location: WebGLUniformLocation | null, color: HexColor): void => {
      const [red, green, blue] = rgbOf(color);
      gl.uniform3f(location, red / 255, green / 255, blue / 255);
    };
    set(at.uGround, theme.ground);
    set(at.uRead, theme.read);
    set(at.uError, theme.error);
    set(at.uInFlight, theme.inFlight);
    set(at.uCursorColor, theme.cursor);
    set(at.uFlushColor, theme.flush);
    [theme.untouched, theme.written, theme.trimmed, theme.zeroed].forEach((color, i) => {
      rgbOf(color).forEach((part, k) => {
        this.#fill[i * 3 + k] = part / 255;
      });
    });
    gl.uniform3fv(at.uFill, this.#fill);
  }

  #setHeat(heat: GridHeat | null): void {
    const { gl } = this;
    const at = this.program.at;
    gl.uniform1i(at.uHeat, heat === null ? 0 : heat.kind === 'age' ? 2 : 1);
    if (heat === null) return;
    gl.uniform1uiv(at.uHeatSteps, heatSteps(heat.kind));
    gl.uniform3fv(
      at.uHeatColor,
      heat.ramp.flatMap((color) => rgbOf(color).map((part) => part / 255)),
    );
  }

  draw(
    panel: Panel,
    look: PanelFrame,
    texture: WebGLTexture,
    marks: MarkField | null,
    marksTexture: WebGLTexture,
  ): void {
    const { gl } = this;
    const at = this.program.at;
    const canvasHeightPx = gl.drawingBufferHeight;
    const bottomPx = canvasHeightPx - panel.yPx - panel.heightPx;
    gl.viewport(panel.xPx, bottomPx, panel.widthPx, panel.heightPx);
    gl.scissor(panel.xPx, bottomPx, panel.widthPx, panel.heightPx);
    gl.activeTexture(gl.TEXTURE1);
    gl.bindTexture(gl.TEXTURE_2D, marksTexture);
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.uniform1i(at.uMarkStride, marks?.stride ?? 0);
    gl.uniform1i(at.uMarkLine, look.cellPx >= WIDE_LINE_FROM_PX ? 2 : 1);
    gl.uniform2i(at.uPattern, look.patternXPx, look.patternYPx);
    gl.uniform3i(at.uPanel, panel.xPx, panel.yPx, canvasHeightPx);
    gl.uniform2i(at.uOffset, look.offsetXPx, look.offsetYPx);
    gl.uniform2i(at.uBase, look.baseCol, look.baseRow);
    gl.uniform2i(at.uWindow, look.windowCols, look.windowRows);
    gl.uniform1i(at.uCellPx, look.cellPx);
    gl.uniform1i(at.uInnerPx, look.innerPx);
    gl.uniform1i(at.uAggregated, look.aggregated ? 1 : 0);
    gl.uniform1ui(at.uNowMs, look.nowMs);
    gl.uniform1ui(at.uHeatNow, look.heatNow);
    gl.uniform1f(at.uSpeed, look.speed);
    gl.uniform1f(at.uFlush, look.flush);
    const corners = (location: WebGLUniformLocation | null, { x0, y0, x1, y1 }: Corners): void =>
      gl.uniform4i(location, x0, y0, x1, y1);
    corners(at.uEdge, look.edge);
    corners(at.uCursor, look.cursor);
    gl.uniform1i(at.uCursorPx, look.cursorPx);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  dispose(): void {
    this.cells.dispose();
    this.marks.dispose();
    this.program.dispose();
    this.gl.deleteVertexArray(this.#triangle);
  }
}

/**
 * Draws with WebGL2: one context for all panels, one texture of cell values for each, one triangle a panel. When the
 * browser takes the context away it waits for the next, rebuilds and draws the last frame again.
 */
export class WebGl2Renderer implements GridRenderer {
  readonly backend = 'webgl2';
  readonly #canvas: HTMLCanvasElement;
  readonly #gl: WebGL2RenderingContext;
  readonly #keeper: PanelCellsKeeper;
  #parts: GlParts | null;
  #lastFrame: FrameInput | null = null;

  private constructor(canvas: HTMLCanvasElement, gl: WebGL2RenderingContext) {
    this.#canvas = canvas;
    this.#gl = gl;
    this.#parts = new GlParts(gl);
    this.#keeper = new PanelCellsKeeper((grid) => this.#parts?.cells.forget(grid));
    canvas.addEventListener('webglcontextlost', this.#onLost);
    canvas.addEventListener('webglcontextrestored', this.#onRestored);
  }

  /** Null where the browser has no WebGL2 to give; the canvas can then still be asked for a 2D context. */
  static create(canvas: HTMLCanvasElement): WebGl2Renderer | null {
    const gl = canvas.getContext('webgl2', {
      alpha: false,
      antialias: false,
      depth: false,
      stencil: false,
      // Frames are drawn only when something changes, and the picture must be there to be saved in between.
      preserveDrawingBuffer: true,
    });
    return gl === null ? null : new WebGl2Renderer(canvas, gl);
  }

  readonly #onLost = (event: Event): void => {
    event.preventDefault();
    this.#parts = null;
  };

  readonly #onRestored = (): void => {
    this.#parts = new GlParts(this.#gl);
    if (this.#lastFrame !== null) this.render(this.#lastFrame);
  };

  resize(widthPx: number, heightPx: number): void {
    if (this.#canvas.width !== widthPx) this.#canvas.width = widthPx;
    if (this.#canvas.height !== heightPx) this.#canvas.height = heightPx;
  }

  render(frame: FrameInput): boolean {
    this.#lastFrame = frame;
    const parts = this.#parts;
    if (parts === null) return false;
    const all = this.#keeper.update(frame);
    const textures = all.map(({ grid }) => parts.cells.update(grid));
    const markTextures = parts.marks.update(all.map(({ marks }) => marks));
    parts.begin(frame);
    let fades = false;
    all.forEach(({ panel, disk, grid, marks }, i) => {
      const texture = textures[i];
      const marksTexture = markTextures[i];
      if (texture === undefined || marksTexture === undefined) return;
      if (panel.widthPx <= 0 || panel.heightPx <= 0) return;
      const look = panelFrame(frame, panel, grid, disk);
      parts.draw(panel, look, texture, marks, marksTexture);
      fades ||= look.fades;
    });
    return fades;
  }

  dispose(): void {
    this.#canvas.removeEventListener('webglcontextlost', this.#onLost);
    this.#canvas.removeEventListener('webglcontextrestored', this.#onRestored);
    this.#keeper.dispose();
    this.#parts?.dispose();
    this.#parts = null;
    this.#lastFrame = null;
  }
}
