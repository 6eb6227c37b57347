/** How far the work is, on a terminal in one line that changes, elsewhere in a line for each tenth. */
export class ProgressLine {
  readonly #stream: NodeJS.WriteStream;
  #shownMs = 0;
  #tenths = 0;
  #isOpen = false;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  tell(frames: number, fraction: number): void {
    const words = `${Math.floor(fraction * 100)} %, ${frames} frames`;
    if (this.#stream.isTTY) {
      const nowMs = performance.now();
      if (nowMs - this.#shownMs < 100) return;
      this.#shownMs = nowMs;
      this.#isOpen = true;
      this.#stream.write(`\rnbdscope: ${words} `);
      return;
    }
    const tenths = Math.floor(fraction * 10);
    if (tenths <= this.#tenths) return;
    this.#tenths = tenths;
    this.#stream.write(`nbdscope: ${words}\n`);
  }

  end(): void {
    if (this.#isOpen) this.#stream.write('\n');
    this.#isOpen = false;
  }
}
