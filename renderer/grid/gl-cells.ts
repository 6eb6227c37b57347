import type { Disposable } from '#shared/channel/channel.ts';
import { type CellGrid, VALUE_ROW_CELLS } from './cell-grid.ts';
import { CELL_WORDS } from './cell-value.ts';
import { linkProgram } from './gl-program.ts';
import { SCATTER_FRAGMENT, SCATTER_VERTEX } from './webgl2-shaders.ts';

/** Cells scattered with one draw call. */
const POINTS = 16_384;
const POINT_WORDS = 3;

interface CellTexture {
  readonly texture: WebGLTexture;
  readonly target: WebGLFramebuffer;
  readonly heightPx: number;
}

/**
 * The textures that hold the cells of each grid, two 32-bit numbers a texel. Changed cells are scattered into them as
 * points; a texture is uploaded whole only after its grid was rebuilt.
 */
export class GlCells implements Disposable {
  readonly #gl: WebGL2RenderingContext;
  readonly #program;
  readonly #points: WebGLBuffer;
  readonly #vertices: WebGLVertexArrayObject;
  readonly #work = new Uint32Array(POINTS * POINT_WORDS);
  readonly #textures = new Map<CellGrid, CellTexture>();

  constructor(gl: WebGL2RenderingContext) {
    this.#gl = gl;
    this.#program = linkProgram(gl, SCATTER_VERTEX, SCATTER_FRAGMENT, ['uTextureSize']);
    this.#points = gl.createBuffer();
    this.#vertices = gl.createVertexArray();
    gl.bindVertexArray(this.#vertices);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.#points);
    gl.bufferData(gl.ARRAY_BUFFER, this.#work.byteLength, gl.STREAM_DRAW);
    gl.enableVertexAttribArray(0);
    gl.vertexAttribIPointer(0, POINT_WORDS, gl.UNSIGNED_INT, 0, 0);
    gl.bindVertexArray(null);
  }

  /** The texture of a grid that has just been refreshed, brought up to date. Leaves no framebuffer bound. */
  update(grid: CellGrid): WebGLTexture {
    const known = this.#textures.get(grid);
    if (known === undefined) return this.#create(grid).texture;
    if (grid.allChanged) this.#upload(known, grid);
    else if (grid.changedCount > 0) this.#scatter(known, grid);
    return known.texture;
  }

  forget(grid: CellGrid): void {
    const known = this.#textures.get(grid);
    if (known === undefined) return;
    this.#gl.deleteFramebuffer(known.target);
    this.#gl.deleteTexture(known.texture);
    this.#textures.delete(grid);
  }

  #create(grid: CellGrid): CellTexture {
    const gl = this.#gl;
    const heightPx = grid.values.length / CELL_WORDS / VALUE_ROW_CELLS;
    const texture = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
    gl.texStorage2D(gl.TEXTURE_2D, 1, gl.RG32UI, VALUE_ROW_CELLS, heightPx);
    const target = gl.createFramebuffer();
    gl.bindFramebuffer(gl.FRAMEBUFFER, target);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    const made = { texture, target, heightPx };
    this.#textures.set(grid, made);
    this.#upload(made, grid);
    return made;
  }

  #upload(to: CellTexture, grid: CellGrid): void {
    const gl = this.#gl;
    gl.bindTexture(gl.TEXTURE_2D, to.texture);
    gl.texSubImage2D(
      gl.TEXTURE_2D,
      0,
      0,
      0,
      VALUE_ROW_CELLS,
      to.heightPx,
      gl.RG_INTEGER,
      gl.UNSIGNED_INT,
      grid.values,
    );
  }

  #scatter(to: CellTexture, grid: CellGrid): void {
    const gl = this.#gl;
    const work = this.#work;
    this.#program.activate();
    gl.uniform2f(this.#program.at.uTextureSize, VALUE_ROW_CELLS, to.heightPx);
    gl.bindFramebuffer(gl.FRAMEBUFFER, to.target);
    gl.disable(gl.SCISSOR_TEST);
    gl.viewport(0, 0, VALUE_ROW_CELLS, to.heightPx);
    gl.bindVertexArray(this.#vertices);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.#points);
    for (let from = 0; from < grid.changedCount; from += POINTS) {
      const points = Math.min(POINTS, grid.changedCount - from);
      for (let k = 0; k < points; k += 1) {
        const cell = grid.changed[from + k] ?? 0;
        work[k * POINT_WORDS] = cell;
        work[k * POINT_WORDS + 1] = grid.values[cell * CELL_WORDS] ?? 0;
        work[k * POINT_WORDS + 2] = grid.values[cell * CELL_WORDS + 1] ?? 0;
      }
      gl.bufferSubData(gl.ARRAY_BUFFER, 0, work, 0, points * POINT_WORDS);
      gl.drawArrays(gl.POINTS, 0, points);
    }
    gl.bindVertexArray(null);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
  }

  dispose(): void {
    for (const grid of [...this.#textures.keys()]) this.forget(grid);
    this.#gl.deleteVertexArray(this.#vertices);
    this.#gl.deleteBuffer(this.#points);
    this.#program.dispose();
  }
}
