import type { Disposable } from '#shared/channel/channel.ts';

/** A linked program and its uniforms by name. */
export interface GlProgram<Uniform extends string> extends Disposable {
  /** Makes it the program that draws. */
  activate(): void;
  readonly at: Readonly<Record<Uniform, WebGLUniformLocation | null>>;
}

function compile(gl: WebGL2RenderingContext, type: GLenum, source: string): WebGLShader {
  const shader = gl.createShader(type);
  if (shader === null) throw new Error('the WebGL context is lost');
  gl.shaderSource(shader, source);
  gl.compileShader(shader);
  return shader;
}

/** Compiles and links. Throws with the driver's words when it refuses. */
export function linkProgram<Uniform extends string>(
  gl: WebGL2RenderingContext,
  vertexSource: string,
  fragmentSource: string,
  uniforms: readonly Uniform[],
): GlProgram<Uniform> {
  const program = gl.createProgram();
  const vertex = compile(gl, gl.VERTEX_SHADER, vertexSource);
  const fragment = compile(gl, gl.FRAGMENT_SHADER, fragmentSource);
  gl.attachShader(program, vertex);
  gl.attachShader(program, fragment);
  gl.linkProgram(program);
  const linked = gl.getProgramParameter(program, gl.LINK_STATUS) === true;
  const said = [gl.getShaderInfoLog(vertex), gl.getShaderInfoLog(fragment), gl.getProgramInfoLog(program)];
  gl.deleteShader(vertex);
  gl.deleteShader(fragment);
  if (!linked) {
    gl.deleteProgram(program);
    throw new Error(`the shader was refused: ${said.filter(Boolean).join('; ')}`);
  }
  const at = {} as Record<Uniform, WebGLUniformLocation | null>;
  for (const name of uniforms) at[name] = gl.getUniformLocation(program, name);
  return {
    at,
    // By key: the linter takes a call of this name for a React hook.
    activate: () => gl['useProgram'](program),
    dispose: () => gl.deleteProgram(program),
  };
}
