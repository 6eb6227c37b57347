import type { HexColor } from '#shared/theme/theme.ts';

/** As in style/base.css, `--numbers` at the smallest size. */
const FONT = 'px "JetBrains Mono Variable", ui-monospace, monospace';
const FONT_PX = 10.5;

/** Draws in CSS px on a canvas of device px: every edge on a whole one, so that lines and bars are crisp at any ratio. */
export class Pen {
  readonly context: CanvasRenderingContext2D;
  readonly ratio: number;

  constructor(context: CanvasRenderingContext2D, ratio: number) {
    this.context = context;
    this.ratio = ratio;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.globalAlpha = 1;
    context.font = `${FONT_PX * ratio}${FONT}`;
    context.textBaseline = 'alphabetic';
  }

  /** A length or place in whole device px. */
  device(px: number): number {
    return Math.round(px * this.ratio);
  }

  rect(xPx: number, yPx: number, widthPx: number, heightPx: number, color: HexColor, alpha = 1): void {
    if (widthPx <= 0 || heightPx <= 0) return;
    const x = this.device(xPx);
    const y = this.device(yPx);
    this.context.fillStyle = color;
    this.context.globalAlpha = alpha;
    this.context.fillRect(
      x,
      y,
      Math.max(1, this.device(xPx + widthPx) - x),
      Math.max(1, this.device(yPx + heightPx) - y),
    );
    this.context.globalAlpha = 1;
  }

  /** A line one CSS px wide. */
  vertical(xPx: number, yPx: number, heightPx: number, color: HexColor, alpha = 1): void {
    this.rect(xPx - 0.5, yPx, 1, heightPx, color, alpha);
  }

  text(words: string, xPx: number, baselinePx: number, color: HexColor): void {
    if (words === '') return;
    this.context.fillStyle = color;
    this.context.fillText(words, this.device(xPx), this.device(baselinePx));
  }

  /** How wide words are drawn, CSS px. */
  textPx(words: string): number {
    return this.context.measureText(words).width / this.ratio;
  }

  /** Slanting lines, `apartPx` from each other. They stand still when the place they fill moves. */
  hatch(xPx: number, yPx: number, widthPx: number, heightPx: number, apartPx: number, color: HexColor): void {
    if (widthPx <= 0) return;
    const { context } = this;
    context.save();
    context.beginPath();
    context.rect(this.device(xPx), this.device(yPx), this.device(widthPx), this.device(heightPx));
    context.clip();
    context.strokeStyle = color;
    context.lineWidth = Math.max(1, this.device(1));
    context.beginPath();
    const first = Math.floor((xPx - heightPx) / apartPx) * apartPx;
    for (let x = first; x < xPx + widthPx; x += apartPx) {
      context.moveTo(this.device(x), this.device(yPx + heightPx));
      context.lineTo(this.device(x + heightPx), this.device(yPx));
    }
    context.stroke();
    context.restore();
  }

  /** A triangle that points down at `xPx`. */
  pointer(xPx: number, topPx: number, halfPx: number, color: HexColor): void {
    const { context } = this;
    context.fillStyle = color;
    context.beginPath();
    context.moveTo(this.device(xPx - halfPx), this.device(topPx));
    context.lineTo(this.device(xPx + halfPx), this.device(topPx));
    context.lineTo(this.device(xPx), this.device(topPx + halfPx * 1.2));
    context.fill();
  }
}
