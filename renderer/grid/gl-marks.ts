import type { Disposable } from '#shared/channel/channel.ts';
import { VALUE_ROW_CELLS } from './cell-grid.ts';
import type { MarkField } from './marks.ts';

/** The textures that hold the marks of each panel, a byte a cell; one of no marks stands in where there are none. */
export class GlMarks implements Disposable {
  readonly #gl: WebGL2RenderingContext;
  readonly #none: WebGLTexture;
  #textures = new Map<MarkField, WebGLTexture>();

  constructor(gl: WebGL2RenderingContext) {
    this.#gl = gl;
    this.#none = this.#create(new Uint8Array(VALUE_ROW_CELLS));
  }

  /** The textures for a frame's panels; those of other fields are given back. */
  update(fields: readonly (MarkField | null)[]): readonly WebGLTexture[] {
    const before = this.#textures;
    this.#textures = new Map();
    const textures = fields.map((field) => {
      if (field === null) return this.#none;
      const texture = before.get(field) ?? this.#create(field.bits);
      before.delete(field);
      this.#textures.set(field, texture);
      return texture;
    });
    for (const texture of before.values()) this.#gl.deleteTexture(texture);
    return textures;
  }

  #create(bits: Uint8Array<ArrayBuffer>): WebGLTexture {
    const gl = this.#gl;
    const texture = gl.createTexture();
    const heightPx = bits.length / VALUE_ROW_CELLS;
    gl.activeTexture(gl.TEXTURE1);
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
    gl.texStorage2D(gl.TEXTURE_2D, 1, gl.R8UI, VALUE_ROW_CELLS, heightPx);
    gl.texSubImage2D(
      gl.TEXTURE_2D,
      0,
      0,
      0,
      VALUE_ROW_CELLS,
      heightPx,
      gl.RED_INTEGER,
      gl.UNSIGNED_BYTE,
      bits,
    );
    gl.activeTexture(gl.TEXTURE0);
    return texture;
  }

  dispose(): void {
    for (const texture of this.#textures.values()) this.#gl.deleteTexture(texture);
    this.#textures.clear();
    this.#gl.deleteTexture(this.#none);
  }
}
