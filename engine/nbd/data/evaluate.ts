import { bytesContent, type Content, EMPTY, placed, repeated, SMALL_BYTES, sliced } from './content.ts';
import { DataError, type Expression, parseData, quoted } from './data-language.ts';

const MAX_BYTES = (1n << 63n) - 1n;
/** Expressions looked at in all; a few kilobytes of text could stand for more than there is time for. */
const MAX_STEPS = 1_000_000;
/** What is put together at once costs a step for so many bytes or pieces. */
const STEP_BYTES = 1024n;
/** Pieces that the whole is painted from; each takes about a microsecond. */
const MAX_PIECES = 10_000_000n;
const MAX_DEPTH = 400;

/** What an evaluation takes from outside the text. */
export interface DataContext {
  /** The text of a `$VAR`; null when there is none of that name. */
  variable(name: string): string | null;
  /**
   * The bytes of `<FILE` from `from` to before `to`, or fewer where it ends earlier.
   * @throws DataError when it may not be read, or there are more than `mostBytes` of them.
   */
  readFile(path: string, from: bigint, to: bigint | null, mostBytes: bigint): Promise<Buffer>;
  /** The most bytes other than zero that the whole may come to, and the most that are read from files on the way. */
  readonly maxDataBytes: bigint;
}

/** A name that was given in this scope or one around it; evaluated when it is used, where it was given. */
interface Scope {
  readonly name: string;
  readonly of: Expression;
  readonly outer: Scope | null;
  content: Promise<Content> | null;
}

/**
 * What a data string comes to.
 * @throws DataError telling what will not do: a name that nobody gave, an offset before the start, more than 2^63-1 bytes.
 */
export function evaluateData(text: string, context: DataContext): Promise<Content> {
  return new Evaluation(context).evaluate(parseData(text), null, 0);
}

class Evaluation {
  readonly #context: DataContext;
  readonly #variables = new Map<string, Expression>();
  #steps = 0;
  /** Bytes of files that were read so far. */
  #fileBytes = 0n;

  constructor(context: DataContext) {
    this.#context = context;
  }

  async evaluate(root: Expression, outer: Scope | null, depth: number): Promise<Content> {
    if (depth > MAX_DEPTH)
      throw new DataError('expressions are nested too deep; does a $VAR stand for itself?');
    const list = root.kind === 'group' ? root.list : [root];
    const parts: { at: bigint; content: Content }[] = [];
    let scope = outer;
    let offset = 0n;
    let size = 0n;
    let dataBytes = 0n;
    for (const expression of list) {
      this.#step();
      if (expression.kind === 'assign') {
        scope = { name: expression.name, of: expression.of, outer: scope, content: null };
        continue;
      }
      if (expression.kind === 'goto' || expression.kind === 'move' || expression.kind === 'align') {
        offset = moved(offset, expression);
      } else {
        const content = await this.#content(expression, scope, depth);
        parts.push({ at: offset, content });
        offset += content.size;
        // Held against the limit with each part: many of them may be held at a time.
        dataBytes += content.dataBytes;
        this.#expectRoomFor(dataBytes);
      }
      if (offset > MAX_BYTES) throw new DataError('the data comes to more than 2^63-1 bytes');
      if (offset > size) size = offset;
    }
    const whole = placed(size, parts);
    if (size <= SMALL_BYTES) this.#step(Number((size + whole.pieces) / STEP_BYTES));
    this.#expectRoomFor(whole.dataBytes);
    if (whole.pieces > MAX_PIECES) {
      throw new DataError(
        `the data is put together from ${whole.pieces} pieces; at most ${MAX_PIECES} will do`,
      );
    }
    return whole;
  }

  async #content(expression: Expression, scope: Scope | null, depth: number): Promise<Content> {
    switch (expression.kind) {
      case 'bytes':
        return bytesContent(expression.bytes);
      case 'file':
        return this.#file(expression.path, 0n, null);
      case 'name':
        return this.#named(expression.name, scope, depth);
      case 'variable':
        return this.evaluate(this.#variable(expression.name), scope, depth + 1);
      case 'repeat':
        return this.#repeat(expression.of, expression.times, scope, depth);
      case 'slice':
        return this.#slice(expression, scope, depth);
      default:
        return this.evaluate(expression, scope, depth + 1);
    }
  }

  async #file(path: string, from: bigint, to: bigint | null): Promise<Content> {
    const bytes = await this.#context.readFile(path, from, to, this.#context.maxDataBytes - this.#fileBytes);
    this.#fileBytes += BigInt(bytes.length);
    return bytesContent(bytes);
  }

  async #repeat(of: Expression, times: bigint, scope: Scope | null, depth: number): Promise<Content> {
    if (times === 0n) return EMPTY;
    const content = await this.evaluate(of, scope, depth + 1);
    if (content.size * times > MAX_BYTES) throw new DataError(`*${times}: more than 2^63-1 bytes`);
    return repeated(content, times);
  }

  async #slice(
    { of, from, to }: Extract<Expression, { kind: 'slice' }>,
    scope: Scope | null,
    depth: number,
  ): Promise<Content> {
    if (from === to) return EMPTY;
    const words = `[${from}:${to ?? ''}]`;
    if (to !== null && to < from) throw new DataError(`${words}: a slice does not end before it begins`);
    // A file may have no end, as /dev/urandom has none.
    if (of.kind === 'file') return this.#file(of.path, from, to);
    const content = await this.evaluate(of, scope, depth + 1);
    const end = to ?? content.size;
    if (from > content.size || end > content.size) {
      throw new DataError(`${words}: there are ${content.size} bytes to take a slice of`);
    }
    return sliced(content, from, end);
  }

  #named(name: string, from: Scope | null, depth: number): Promise<Content> {
    for (let scope = from; scope !== null; scope = scope.outer) {
      if (scope.name !== name) continue;
      scope.content ??= this.evaluate(scope.of, scope.outer, depth + 1);
      return scope.content;
    }
    throw new DataError(`\\${quoted(name)} has not been given; give it with EXPRESSION -> \\${quoted(name)}`);
  }

  #variable(name: string): Expression {
    const known = this.#variables.get(name);
    if (known !== undefined) return known;
    const text = this.#context.variable(name);
    if (text === null)
      throw new DataError(
        `$${quoted(name)} is not known; give it as a parameter, as in ${quoted(name)}='0x55 0xAA'`,
      );
    try {
      const parsed = parseData(text);
      this.#variables.set(name, parsed);
      return parsed;
    } catch (error) {
      throw error instanceof DataError ? new DataError(`in $${quoted(name)}: ${error.message}`) : error;
    }
  }

  #expectRoomFor(dataBytes: bigint): void {
    const { maxDataBytes } = this.#context;
    if (dataBytes <= maxDataBytes) return;
    throw new DataError(
      `the data comes to ${dataBytes} bytes other than zero; at most ${maxDataBytes} are held in memory`,
    );
  }

  #step(cost = 1): void {
    this.#steps += cost;
    if (this.#steps > MAX_STEPS) throw new DataError('the data takes too many steps; use *N to repeat');
  }
}

function moved(offset: bigint, by: Extract<Expression, { kind: 'goto' | 'move' | 'align' }>): bigint {
  if (by.kind === 'goto') return by.offset;
  if (by.kind === 'align') return ((offset + by.to - 1n) / by.to) * by.to;
  if (offset + by.by < 0n)
    throw new DataError(`@${by.by}: the offset is ${offset}, and cannot go before the start`);
  return offset + by.by;
}
