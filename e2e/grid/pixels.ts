import type { HexColor } from '#shared/theme/theme.ts';
import { rgbOf } from '#shared/theme/theme.ts';

/** A colour as 0xRRGGBB. */
export function numberOf(color: HexColor): number {
  const [red, green, blue] = rgbOf(color);
  return (red << 16) | (green << 8) | blue;
}

/** How far apart two 0xRRGGBB colours are: the largest difference of a part, 0 to 255. */
export function distance(a: number, b: number): number {
  const part = (shift: number): number => Math.abs(((a >> shift) & 0xff) - ((b >> shift) & 0xff));
  return Math.max(part(0), part(8), part(16));
}

/** `amount` of the way from one colour to another. */
export function mixed(from: HexColor, to: HexColor, amount: number): number {
  const a = rgbOf(from);
  const b = rgbOf(to);
  const part = (k: 0 | 1 | 2): number => Math.round(a[k] + (b[k] - a[k]) * amount);
  return (part(0) << 16) | (part(1) << 8) | part(2);
}

/** Relative luminance of a 0xRRGGBB colour, 0 to 1 (WCAG 2, sRGB). */
export function luminance(color: number): number {
  const part = (shift: number): number => {
    const value = ((color >> shift) & 0xff) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * part(16) + 0.7152 * part(8) + 0.0722 * part(0);
}

/** An image as the page hands it over: RGBA bytes. */
export class Picture {
  readonly #bytes: Buffer;
  readonly widthPx: number;

  private constructor(bytes: Buffer, widthPx: number) {
    this.#bytes = bytes;
    this.widthPx = widthPx;
  }

  static fromBase64(text: string, widthPx: number): Picture {
    return new Picture(Buffer.from(text, 'base64'), widthPx);
  }

  /** 0xRRGGBB at a px. */
  at(x: number, y: number): number {
    return this.#bytes.readUIntBE((y * this.widthPx + x) * 4, 3);
  }

  /** How many px differ between two pictures by more than `tolerance`; all of them where the sizes differ. */
  differences(other: Picture, tolerance: number): number {
    if (other.#bytes.length !== this.#bytes.length) return this.#bytes.length / 4;
    let found = 0;
    for (let at = 0; at < this.#bytes.length; at += 4) {
      if (distance(this.#bytes.readUIntBE(at, 3), other.#bytes.readUIntBE(at, 3)) > tolerance) found += 1;
    }
    return found;
  }
}
