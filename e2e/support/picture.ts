import { expect, type Page } from '@playwright/test';
import { PNG } from 'pngjs';

export type Rgb = readonly [number, number, number];

/** Where a disk's cells lie, in px of the screenshot: what the window says of the frame it drew. */
export interface GridFacts {
  readonly canvasX: number;
  readonly canvasY: number;
  readonly ratio: number;
  readonly xPx: number;
  readonly yPx: number;
  readonly cellPx: number;
  readonly rowCells: number;
  readonly originXPx: number;
  readonly originYPx: number;
}

/** The grid of the `index`-th disk on the page. */
export async function gridFacts(page: Page, index = 0): Promise<GridFacts> {
  const grid = page.locator('[data-cell-px]').nth(index);
  await expect(grid).toBeAttached();
  const canvas = await page.locator('canvas[data-backend]').boundingBox();
  if (canvas === null) throw new Error('the picture has no place on the page');
  const data = await grid.evaluate((element) => ({ ...(element as HTMLElement).dataset }));
  const number = (name: string): number => Number(data[name]);
  return {
    canvasX: canvas.x,
    canvasY: canvas.y,
    ratio: await page.evaluate(() => devicePixelRatio),
    xPx: number('xPx'),
    yPx: number('yPx'),
    cellPx: number('cellPx'),
    rowCells: number('rowCells'),
    originXPx: number('originXPx'),
    originYPx: number('originYPx'),
  };
}

/** A picture of the whole page, from which cells are read. */
export class PageShot {
  readonly #png: PNG;
  readonly #facts: GridFacts;

  constructor(png: PNG, facts: GridFacts) {
    this.#png = png;
    this.#facts = facts;
  }

  static async take(page: Page, index = 0): Promise<PageShot> {
    const facts = await gridFacts(page, index);
    return new PageShot(PNG.sync.read(await page.screenshot()), facts);
  }

  /** Colour in the middle of a block's cell. */
  block(block: number): Rgb {
    const { cellPx } = this.#facts;
    return this.#pixel(block, Math.floor(cellPx / 2), Math.floor(cellPx / 2));
  }

  /** What part of a block's cell has a colour, 0 to 1. */
  share(block: number, color: Rgb): number {
    const { cellPx } = this.#facts;
    let found = 0;
    for (let y = 0; y < cellPx; y += 1) {
      for (let x = 0; x < cellPx; x += 1) if (near(this.#pixel(block, x, y), color)) found += 1;
    }
    return found / (cellPx * cellPx);
  }

  /** The px of a block's cell that lies so far right and down in it. */
  #pixel(block: number, right: number, down: number): Rgb {
    const { canvasX, canvasY, ratio, xPx, yPx, cellPx, rowCells, originXPx, originYPx } = this.#facts;
    const x = canvasX * ratio + xPx - originXPx + (block % rowCells) * cellPx + right;
    const y = canvasY * ratio + yPx - originYPx + Math.floor(block / rowCells) * cellPx + down;
    const at = (Math.round(y) * this.#png.width + Math.round(x)) * 4;
    const { data } = this.#png;
    return [data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0];
  }
}

/** A theme colour `#rrggbb` as numbers. */
export function rgbOf(hex: string): Rgb {
  const value = Number.parseInt(hex.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/** What the theme that the page shows calls `name` on the grid. */
export async function gridColor(page: Page, name: string): Promise<Rgb> {
  return rgbOf(
    await page.evaluate(
      (property) => getComputedStyle(document.documentElement).getPropertyValue(property).trim(),
      `--grid-${name}`,
    ),
  );
}

/** Waits until these cells have px of the colour of failures and those have none. */
export async function expectHatched(
  page: Page,
  hatched: readonly number[],
  plain: readonly number[],
  index = 0,
): Promise<void> {
  const error = await gridColor(page, 'error');
  await expect(async () => {
    const shot = await PageShot.take(page, index);
    for (const block of hatched) {
      expect(shot.share(block, error), `block ${block} is hatched`).toBeGreaterThan(0.1);
    }
    for (const block of plain) expect(shot.share(block, error), `block ${block} is not`).toBe(0);
  }).toPass();
}

/** Whether two colours are the same but for rounding. */
export function near(a: Rgb, b: Rgb, within = 3): boolean {
  return a.every((channel, i) => Math.abs(channel - (b[i] ?? 0)) <= within);
}
