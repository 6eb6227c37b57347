import { type Browser, expect, type Page, test } from '@playwright/test';
import { Op } from '#shared/events/vocabulary.ts';
import { THEMES } from '#shared/theme/palettes.ts';
import { THEME_NAMES } from '#shared/theme/theme.ts';
import { blockAt, fitView, zoomAbout } from '../../renderer/grid/grid-view.ts';
import { MARK_KINDS, type MarkKind } from '../../renderer/grid/marks.ts';
import { CELL_ORDERS, layoutOf } from '../../renderer/grid/plane.ts';
import { drawnRectOf } from '../../renderer/grid/plane-place.ts';
import { launchChromium, openGridPage } from './harness.ts';
import type { PagePanel, PageRow } from './page.ts';
import { distance, mixed, numberOf, Picture } from './pixels.ts';
import { BLOCK, MIB, panel, request, START_US } from './requests.ts';

const theme = THEMES.dark.grid;
const SIZE = 16 * 16 * BLOCK;
const EIB = 2n ** 60n;

let browser: Browser;
let page: Page;
test.beforeAll(async () => {
  browser = await launchChromium();
  page = await openGridPage(browser);
});
test.afterAll(async () => {
  await browser.close();
});

async function draw(
  backend: 'webgl2' | 'canvas2d',
  widthPx: number,
  rows: readonly PageRow[],
  panels: readonly PagePanel[],
  options: { readonly theme?: (typeof THEME_NAMES)[number]; readonly heightPx?: number } = {},
): Promise<Picture> {
  await page.evaluate(([b, w, h]) => window.gridPage.open(b, w, h), [
    backend,
    widthPx,
    options.heightPx ?? widthPx,
  ] as const);
  await page.evaluate((r) => window.gridPage.apply(r), rows);
  const frame = { panels, clockUs: START_US + 60_000_000, theme: options.theme ?? 'dark' };
  await page.evaluate((f) => window.gridPage.render(f), frame);
  return Picture.fromBase64(await page.evaluate(() => window.gridPage.pixels()), widthPx);
}

function marked(kind: MarkKind, firstBlock: number, endBlock: number) {
  return { kind, firstBlock, endBlock };
}

for (const backend of ['webgl2', 'canvas2d'] as const) {
  test.describe(`layouts drawn with ${backend}`, () => {
    for (const order of CELL_ORDERS) {
      test(`paints every block where the ${order} layout has it`, async () => {
        const writes = [0, 5, 16, 31, 32, 100, 171, 255];
        const rows = writes.flatMap((block) => request(Op.Write, block * BLOCK, BLOCK));
        const view = { ...layoutOf(BigInt(SIZE), { order }), cellPx: 12, originXPx: 0, originYPx: 0 };
        const picture = await draw(backend, 192, rows, [panel(SIZE, 192, { view })]);
        for (let block = 0; block < 256; block += 1) {
          const { col, row } = drawnRectOf(view, block);
          const wanted = writes.includes(block) ? theme.written : theme.untouched;
          expect(distance(picture.at(col * 12 + 5, row * 12 + 5), numberOf(wanted)), `${block}`).toBe(0);
        }
      });
    }

    test('ends a serpentine at the right of an odd last row, and a curve where it ends', async () => {
      const size = 20 * BLOCK;
      const view = { rowCells: 8, level: 0, cellPx: 10, originXPx: 0, originYPx: 0, cellShift: 12 };
      const at = (picture: Picture, x: number, y: number): number => picture.at(x * 10 + 4, y * 10 + 4);
      const back = await draw(
        backend,
        80,
        [],
        [panel(12 * BLOCK, 80, { view: { ...view, order: 'serpentine', squareShift: 0 } })],
      );
      expect(at(back, 7, 1)).toBe(numberOf(theme.untouched));
      expect(at(back, 4, 1)).toBe(numberOf(theme.untouched));
      expect(at(back, 3, 1)).toBe(numberOf(theme.ground));
      const curve = await draw(backend, 80, request(Op.Write, 0, size), [
        panel(size, 80, { view: { ...view, order: 'hilbert', squareShift: 2 } }),
      ]);
      let written = 0;
      for (let y = 0; y < 8; y += 1) {
        for (let x = 0; x < 8; x += 1) if (at(curve, x, y) === numberOf(theme.written)) written += 1;
      }
      expect(written).toBe(20);
      expect(at(curve, 7, 7)).toBe(numberOf(theme.ground));
    });

    test('shows one block of 7 EiB, wherever it is, in every layout and at every zoom', async () => {
      const size = 7n * EIB;
      for (const order of CELL_ORDERS) {
        const block = 4_000_000_000_123;
        const fitted = fitView(size, 300, 300, { order });
        const rect = drawnRectOf(fitted, block);
        const px = (cell: number, originPx: number): number => cell * fitted.cellPx - originPx;
        const x = px(rect.col, fitted.originXPx);
        const y = px(rect.row, fitted.originYPx);
        const rows = request(Op.Write, 0, 0).map((row) => ({
          ...row,
          offsetBytes: String(BigInt(block) * 4096n),
          lengthBytes: '4096',
        }));
        const whole = { disk: 0, size: String(size), xPx: 0, yPx: 0, widthPx: 300, heightPx: 300 };
        const far = await draw(backend, 300, rows, [{ ...whole, view: fitted }]);
        expect(far.at(x, y), order).toBe(numberOf(theme.written));
        const close = zoomAbout(fitted, size, x, y, 1000);
        const at = drawnRectOf({ ...close, level: 0 }, block);
        const view = { ...close, originXPx: at.col * 64 - 128, originYPx: at.row * 64 - 128 };
        const near = await draw(backend, 300, rows, [{ ...whole, view }]);
        expect(near.at(160, 160), order).toBe(numberOf(theme.written));
        expect(near.at(96, 160), order).toBe(numberOf(theme.untouched));
      }
    });
  });

  test.describe(`marks drawn with ${backend}`, () => {
    /** 16 x 16 blocks of 12 px: a range from block 20 over a whole row to block 44. */
    const view = { cellShift: 12, rowCells: 16, level: 0, cellPx: 12, originXPx: 0, originYPx: 0 };
    const shown = (kind: MarkKind, themeName: (typeof THEME_NAMES)[number] = 'dark') =>
      draw(backend, 192, [], [panel(SIZE, 192, { view, marks: [marked(kind, 20, 45)] })], {
        theme: themeName,
      });

    test('outline a range along its cells, over the ends of rows', async () => {
      const picture = await shown('stripe-data');
      const cursor = numberOf(theme.cursor);
      const plain = numberOf(theme.untouched);
      const px = (col: number, row: number, dx: number, dy: number): number =>
        picture.at(col * 12 + dx, row * 12 + dy);
      expect(px(4, 1, 0, 5), 'left of the first block').toBe(cursor);
      expect(px(4, 1, 5, 0), 'above the first row').toBe(cursor);
      expect(px(4, 1, 5, 10), 'no line between the rows').toBe(plain);
      expect(px(3, 2, 5, 0), 'where the row above has not begun').toBe(cursor);
      expect(px(5, 2, 5, 0), 'no line below a marked block').toBe(plain);
      expect(px(12, 2, 10, 5), 'right of the last block').toBe(cursor);
      expect(px(13, 2, 5, 5), 'after the end').toBe(plain);
      expect(px(13, 1, 5, 10), 'below, where the range has ended').toBe(cursor);
      expect(px(15, 1, 10, 5), 'the edge of the plane').toBe(cursor);
    });

    for (const name of THEME_NAMES) {
      test(`tell kinds apart by their shapes alone in the ${name} theme`, async () => {
        const shapes = new Map<string, MarkKind>();
        for (const kind of MARK_KINDS) {
          const picture = await shown(kind, name);
          const none = numberOf(THEMES[name].grid.untouched);
          let shape = '';
          for (let y = 12; y < 36; y += 1) {
            for (let x = 48; x < 84; x += 1) shape += distance(picture.at(x, y), none) > 24 ? '#' : '.';
          }
          expect(shape).toContain('#');
          expect(shapes.get(shape), `${kind} looks like`).toBeUndefined();
          shapes.set(shape, kind);
        }
      });
    }

    test('are seen over every state', async () => {
      const states = [Op.Write, Op.Trim, Op.Zero].flatMap((op, i) => request(op, i * BLOCK, BLOCK));
      const plain = await draw(backend, 192, states, [panel(SIZE, 192, { view })]);
      for (const kind of ['fault', 'stripe-data', 'stripe-parity', 'selection'] as const) {
        const marks = [marked(kind, 0, 4)];
        const picture = await draw(backend, 192, states, [panel(SIZE, 192, { view, marks })]);
        for (let block = 0; block < 4; block += 1) {
          const x = block * 12 + 5;
          expect(distance(picture.at(x, 0), plain.at(x, 0)), `${kind} over block ${block}`).toBeGreaterThan(
            60,
          );
        }
      }
    });

    test('tint what is selected, and leave the rest as it was', async () => {
      const picture = await shown('selection');
      const inside = mixed(theme.untouched, theme.cursor, 0.25);
      expect(distance(picture.at(8 * 12 + 5, 2 * 12 + 5), inside)).toBeLessThanOrEqual(1);
      expect(picture.at(5, 5)).toBe(numberOf(theme.untouched));
    });

    test('hatch the whole of 7 EiB, in every layout', async () => {
      const size = 7n * EIB;
      const marks = [marked('fault', 0, Number(size >> 12n))];
      const whole = { disk: 0, size: String(size), xPx: 0, yPx: 0, widthPx: 300, heightPx: 300 };
      for (const order of CELL_ORDERS) {
        const fitted = fitView(size, 300, 300, { order });
        const picture = await draw(backend, 300, [], [{ ...whole, view: fitted, marks }]);
        let hatched = 0;
        for (let i = 0; i < 300 * 300; i += 1) {
          const x = i % 300;
          const y = Math.floor(i / 300);
          const isError = picture.at(x, y) === numberOf(theme.error);
          const onDisk = blockAt(fitted, size, x, y) !== null;
          if (isError) expect(onDisk, `${order} ${x} ${y}`).toBe(true);
          if (!onDisk || (x + fitted.originXPx + 7 * (y + fitted.originYPx)) % 8 >= 2) continue;
          hatched += 1;
          if (!isError) expect(isError, `${order} ${x} ${y}`).toBe(true);
        }
        expect(hatched).toBeGreaterThan(7000);
      }
    });

    test('are drawn a thousand at once, each as long as its share of 7 EiB', async () => {
      const size = 7n * EIB;
      const share = Number(size >> 12n) / 1000;
      const marks = Array.from({ length: 1000 }, (_, i) =>
        marked(i % 2 === 0 ? 'stripe-data' : 'stripe-parity', share * i, share * (i + 0.5)),
      );
      const whole = { disk: 0, size: String(size), xPx: 0, yPx: 0, widthPx: 300, heightPx: 300 };
      for (const order of CELL_ORDERS) {
        const view = fitView(size, 300, 300, { order });
        const picture = await draw(backend, 300, [], [{ ...whole, view, marks }]);
        const cursor = numberOf(theme.cursor);
        let lines = 0;
        for (let i = 0; i < 300 * 300; i += 1) {
          if (picture.at(i % 300, Math.floor(i / 300)) === cursor) lines += 1;
        }
        expect(lines, order).toBeGreaterThan(5000);
        // In rows each of these ranges is many rows, so that neighbours share cells; on the curve they lie apart.
        if (order !== 'hilbert') continue;
        for (const { firstBlock } of marks) {
          const { col, row } = drawnRectOf(view, Math.ceil(firstBlock));
          const x = col * view.cellPx - view.originXPx;
          const y = row * view.cellPx - view.originYPx;
          const px = [picture.at(x, y), picture.at(x + 1, y), picture.at(x, y + 1), picture.at(x + 1, y + 1)];
          expect(px, `from ${firstBlock}`).toContain(cursor);
        }
      }
    });

    test('go when they are taken away, and stay where the disk changes below', async () => {
      const before = await draw(backend, 192, [], [panel(SIZE, 192, { view })]);
      const marks = [marked('stripe-parity', 20, 45)];
      await page.evaluate((f) => window.gridPage.render(f), {
        panels: [panel(SIZE, 192, { view, marks })],
        clockUs: START_US,
      });
      await page.evaluate((r) => window.gridPage.apply(r), request(Op.Write, 22 * BLOCK, BLOCK));
      await page.evaluate((f) => window.gridPage.render(f), {
        panels: [panel(SIZE, 192, { view, marks })],
        clockUs: START_US,
      });
      const kept = Picture.fromBase64(await page.evaluate(() => window.gridPage.pixels()), 192);
      expect(kept.at(6 * 12 + 5, 12 + 4)).toBe(numberOf(theme.cursor));
      expect(kept.at(6 * 12 + 5, 12 + 5)).toBe(numberOf(theme.written));
      await page.evaluate((f) => window.gridPage.render(f), {
        panels: [panel(SIZE, 192, { view })],
        clockUs: START_US,
      });
      const gone = Picture.fromBase64(await page.evaluate(() => window.gridPage.pixels()), 192);
      expect(gone.differences(before, 0)).toBe(11 * 11);
    });
  });
}

test('both back ends draw the same layouts and marks', async () => {
  const rows: PageRow[] = [];
  for (let i = 0; i < 300; i += 1) {
    const op = [Op.Write, Op.Trim, Op.Zero, Op.Write][i % 4] ?? Op.Write;
    rows.push(
      ...request(op, ((i * 104_729) % 16_300) * BLOCK + 512 * (i % 4), 512 * (1 + (i % 40)), {
        afterMs: i,
        slot: i,
        errno: i % 11 === 10 ? 5 : 0,
      }),
    );
  }
  const marks = MARK_KINDS.map((kind, k) => marked(kind, 2000 * k + 37, 2000 * k + 1700));
  const orders = CELL_ORDERS.flatMap((order) => [
    { ...layoutOf(BigInt(64 * MIB), { order }), level: 0, cellPx: 8, originXPx: 91, originYPx: 217 },
    { ...layoutOf(BigInt(64 * MIB), { order }), level: 1, cellPx: 3, originXPx: -3, originYPx: 0 },
    {
      ...layoutOf(BigInt(64 * MIB), { order, cellShift: 9 }),
      level: 0,
      cellPx: 20,
      originXPx: 1300,
      originYPx: 700,
    },
  ]);
  const panels = orders.map((view, i) =>
    panel(64 * MIB, 200, { xPx: (i % 3) * 210, yPx: Math.floor(i / 3) * 210, view, marks }),
  );
  const pictures = [];
  for (const backend of ['webgl2', 'canvas2d'] as const) {
    pictures.push(await draw(backend, 630, rows, panels));
  }
  const [gl, flat] = pictures;
  if (gl === undefined || flat === undefined) throw new Error('two pictures were to be drawn');
  expect(gl.differences(flat, 1)).toBe(0);
});
