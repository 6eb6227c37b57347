import { type Browser, expect, type Page, test } from '@playwright/test';
import { Op, RowFlag } from '#shared/events/vocabulary.ts';
import { THEMES } from '#shared/theme/palettes.ts';
import type { HexColor } from '#shared/theme/theme.ts';
import { launchChromium, openGridPage } from './harness.ts';
import type { PageFrame, PageRow } from './page.ts';
import { distance, luminance, mixed, numberOf, Picture } from './pixels.ts';
import { BLOCK, MIB, panel, request, START_US } from './requests.ts';

const theme = THEMES.dark.grid;

let browser: Browser;
test.beforeAll(async () => {
  browser = await launchChromium();
});
test.afterAll(async () => {
  await browser.close();
});

for (const backend of ['webgl2', 'canvas2d'] as const) {
  test.describe(`the grid drawn with ${backend}`, () => {
    let page: Page;
    test.beforeAll(async () => {
      page = await openGridPage(browser);
    });
    test.afterAll(async () => {
      await page.context().close();
    });

    async function open(
      widthPx: number,
      heightPx = widthPx,
      rows: readonly PageRow[] = [],
      on = page,
    ): Promise<void> {
      const got = await on.evaluate(([b, w, h]) => window.gridPage.open(b, w, h), [
        backend,
        widthPx,
        heightPx,
      ] as const);
      expect(got).toBe(backend);
      await apply(rows, on);
    }

    async function apply(rows: readonly PageRow[], on = page): Promise<void> {
      if (rows.length > 0) await on.evaluate((r) => window.gridPage.apply(r), rows);
    }

    async function draw(
      frame: Omit<PageFrame, 'clockUs'> & { readonly afterMs?: number },
      widthPx: number,
      on = page,
    ): Promise<{ picture: Picture; fades: boolean }> {
      const { afterMs = 60_000, ...rest } = frame;
      const clockUs = START_US + afterMs * 1000;
      const [fades, pixels] = await on.evaluate(
        (given) => [window.gridPage.render(given), window.gridPage.pixels()] as const,
        { ...rest, clockUs },
      );
      return { picture: Picture.fromBase64(pixels, widthPx), fades };
    }

    function expectColor(found: number, wanted: HexColor | number, what = ''): void {
      const number = typeof wanted === 'number' ? wanted : numberOf(wanted);
      expect(
        distance(found, number),
        `${what} found #${found.toString(16)}, wanted #${number.toString(16)}`,
      ).toBeLessThanOrEqual(1);
    }

    const STATES: readonly PageRow[] = [
      ...request(Op.Write, 3 * BLOCK, BLOCK),
      ...request(Op.Trim, 130 * BLOCK, 2 * BLOCK),
      ...request(Op.Zero, 127 * BLOCK, BLOCK),
      ...request(Op.Write, 16_383 * BLOCK, BLOCK),
      ...request(Op.Read, 5 * BLOCK, BLOCK, { afterMs: 59_900 }),
    ];

    for (const cellPx of [2, 3, 5, 6, 7]) {
      test(`paints each operation at its block at ${cellPx} px a cell`, async () => {
        const lengthPx = 128 * cellPx + 1;
        await open(lengthPx, lengthPx, STATES);
        const { picture } = await draw({ panels: [panel(64 * MIB, lengthPx)] }, lengthPx);
        const at = (block: number): number =>
          picture.at((block % 128) * cellPx + 1, Math.floor(block / 128) * cellPx + 1);
        expectColor(at(3), theme.written, 'write');
        expectColor(at(2), theme.untouched);
        expectColor(at(4), theme.untouched);
        expectColor(at(130), theme.trimmed, 'trim');
        expectColor(at(131), theme.trimmed, 'trim');
        expectColor(at(132), theme.untouched);
        expectColor(at(127), theme.zeroed, 'zero');
        expectColor(at(128), theme.untouched);
        expectColor(at(16_383), theme.written, 'last block');
        expectColor(at(5), theme.read, 'read');
        expectColor(picture.at(lengthPx - 1, 5), theme.ground, 'beside the disk');
        const last = 3 * cellPx + cellPx - 1;
        expectColor(picture.at(last, 0), cellPx >= 6 ? theme.ground : theme.written, 'grid line');
        expectColor(picture.at(last - 1, 0), theme.written, 'beside the grid line');
      });
    }

    for (const ratio of [1, 1.5, 2]) {
      test(`is crisp on a screen of ${ratio} device px a CSS px`, async () => {
        const dense = await openGridPage(browser, ratio);
        const lengthPx = 384;
        await open(lengthPx, lengthPx, STATES, dense);
        const { picture } = await draw({ panels: [panel(64 * MIB, lengthPx)] }, lengthPx, dense);
        expectColor(picture.at(8, 2), theme.untouched);
        expectColor(picture.at(9, 2), theme.written);
        expectColor(picture.at(11, 2), theme.written);
        expectColor(picture.at(12, 2), theme.untouched);
        expectColor(picture.at(9, 3), theme.trimmed);
        expectColor(picture.at(9, 6), theme.untouched);
        const shot = await dense.locator('canvas').screenshot({ scale: 'device' });
        const { PNG } = await import('pngjs');
        const png = PNG.sync.read(shot);
        expect([png.width, png.height]).toEqual([lengthPx, lengthPx]);
        const shown = (x: number, y: number): number => png.data.readUIntBE((y * png.width + x) * 4, 3);
        expectColor(shown(9, 2), theme.written, 'on the screen');
        expectColor(shown(12, 2), theme.untouched, 'on the screen');
        await dense.context().close();
      });
    }

    test('lights a read fully, fades it, and then is still', async () => {
      await open(128, 128, request(Op.Read, 0, BLOCK, { afterMs: 0 }));
      const panels = [panel(64 * 64 * BLOCK, 128)];
      const at = async (afterMs: number, more: Partial<PageFrame> = {}) => {
        const { picture, fades } = await draw({ panels, afterMs, ...more }, 128);
        return { color: picture.at(0, 0), fades };
      };
      expect(await at(0)).toMatchObject({ fades: true });
      expectColor((await at(390)).color, theme.read);
      expectColor((await at(700)).color, mixed(theme.untouched, theme.read, 0.5), 'half faded');
      const end = await at(1001);
      expectColor(end.color, theme.untouched);
      expect(end.fades).toBe(false);
      expectColor(
        (await at(700 * 16, { speed: 16 })).color,
        mixed(theme.untouched, theme.read, 0.5),
        'at 16x',
      );
      const steady = await at(950, { reducedMotion: true });
      expectColor(steady.color, mixed(theme.untouched, theme.read, 0.6), 'reduced motion');
      expectColor((await at(1001, { reducedMotion: true })).color, theme.untouched);
    });

    test('stays lit when read again, and shows what was there when the read has faded', async () => {
      const panels = [panel(64 * 64 * BLOCK, 128)];
      await open(128, 128, [...request(Op.Write, 0, BLOCK), ...request(Op.Read, 0, BLOCK, { afterMs: 100 })]);
      expectColor((await draw({ panels, afterMs: 450 }, 128)).picture.at(0, 0), theme.read);
      await apply(request(Op.Read, 0, BLOCK, { afterMs: 460 }));
      expectColor((await draw({ panels, afterMs: 800 }, 128)).picture.at(0, 0), theme.read);
      expectColor((await draw({ panels, afterMs: 1500 }, 128)).picture.at(0, 0), theme.written);
    });

    test('hatches a failed block over what it was, until a request succeeds there', async () => {
      const panels = [panel(16 * 16 * BLOCK, 192)]; // 12 px a cell
      await open(192, 192, [
        ...request(Op.Write, 0, BLOCK),
        ...request(Op.Write, 0, 2 * BLOCK, { afterMs: 10, errno: 5 }),
      ]);
      const { picture } = await draw({ panels }, 192);
      expectColor(picture.at(0, 0), theme.error, 'stripe');
      expectColor(picture.at(2, 0), theme.written, 'between stripes');
      expectColor(picture.at(1, 1), theme.written, 'the stripe runs diagonally');
      expectColor(picture.at(3, 1), theme.error, 'the stripe runs diagonally');
      expectColor(picture.at(14, 0), theme.untouched, 'over an untouched block');
      await apply(request(Op.Read, 0, BLOCK, { afterMs: 20 }));
      const healed = (await draw({ panels }, 192)).picture;
      expectColor(healed.at(0, 0), theme.written, 'healed');
      expectColor(healed.at(12, 0), theme.error, 'the other is not');
    });

    test('checkers a failed block where cells are small', async () => {
      await open(48, 48, request(Op.Write, 0, BLOCK, { errno: 28 }));
      const { picture } = await draw({ panels: [panel(16 * 16 * BLOCK, 48)] }, 48);
      expectColor(picture.at(0, 0), theme.error);
      expectColor(picture.at(1, 0), theme.untouched);
      expectColor(picture.at(1, 1), theme.error);
    });

    test('outlines what is in flight, and tints small cells too little to flash', async () => {
      const open1 = [
        ...request(Op.Write, 0, BLOCK, { open: true }),
        ...request(Op.Write, BLOCK, BLOCK, { slot: 1 }),
      ];
      await open(192, 192, open1);
      const large = (await draw({ panels: [panel(16 * 16 * BLOCK, 192)] }, 192)).picture;
      for (const [x, y] of [
        [0, 5],
        [10, 5],
        [5, 0],
        [5, 10],
      ] as const)
        expectColor(large.at(x, y), theme.inFlight);
      expectColor(large.at(5, 5), theme.untouched);
      expectColor(large.at(12, 5), theme.written);
      const small = (await draw({ panels: [panel(16 * 16 * BLOCK, 48, { widthPx: 48 })] }, 192)).picture;
      const tinted = small.at(1, 1);
      expect(distance(tinted, numberOf(theme.untouched))).toBeGreaterThan(3);
      expect(Math.abs(luminance(tinted) - luminance(numberOf(theme.untouched)))).toBeLessThan(0.1);
      await apply(request(Op.Write, 0, BLOCK).slice(1));
      const done = (await draw({ panels: [panel(16 * 16 * BLOCK, 192)] }, 192)).picture;
      expectColor(done.at(0, 5), theme.written);
    });

    test('cuts the corner of a write with FUA', async () => {
      await open(192, 192, [
        ...request(Op.Write, 0, BLOCK, { flags: RowFlag.Fua }),
        ...request(Op.Write, BLOCK, BLOCK),
      ]);
      const { picture } = await draw({ panels: [panel(16 * 16 * BLOCK, 192)] }, 192);
      expectColor(picture.at(10, 0), theme.ground, 'cut');
      expectColor(picture.at(0, 0), theme.written);
      expectColor(picture.at(22, 0), theme.written, 'no FUA');
    });

    test('shows the sectors of a block when zoomed in', async () => {
      await open(256, 256, [
        ...request(Op.Write, 512, 1024),
        ...request(Op.Zero, 7 * 512, 512, { afterMs: 1 }),
      ]);
      const { picture } = await draw({ panels: [panel(8 * 8 * BLOCK, 256)] }, 256); // 32 px a cell
      const kinds = [0, 1, 2, 3, 4, 5, 6, 7].map((s) =>
        picture.at((s % 4) * 8 + 3, Math.floor(s / 4) * 16 + 7),
      );
      const wanted = [theme.untouched, theme.written, theme.written, theme.untouched];
      wanted.push(theme.untouched, theme.untouched, theme.untouched, theme.zeroed);
      for (const [s, kind] of kinds.entries()) expectColor(kind, wanted[s] ?? theme.error, `sector ${s}`);
    });

    test('draws sectors as cells of their own where cells are 512 bytes', async () => {
      await open(128, 128, [...request(Op.Write, 512, 1024), ...request(Op.Trim, 64 * 512, 512)]);
      const view = { cellShift: 9, rowCells: 64, level: 0, cellPx: 2, originXPx: 0, originYPx: 0 };
      const { picture } = await draw({ panels: [panel(2 * MIB, 128, { view })] }, 128);
      expectColor(picture.at(1, 0), theme.untouched);
      expectColor(picture.at(2, 0), theme.written);
      expectColor(picture.at(5, 1), theme.written);
      expectColor(picture.at(6, 0), theme.untouched);
      expectColor(picture.at(0, 2), theme.trimmed);
    });

    test('never hides a touched state in a cell that stands for many blocks', async () => {
      await open(64, 64, [
        ...request(Op.Trim, 0, 64 * MIB),
        ...request(Op.Write, 0, BLOCK),
        ...request(Op.Zero, 129 * BLOCK, BLOCK),
        ...request(Op.Write, 132 * BLOCK, BLOCK, { errno: 5 }),
        ...request(Op.Read, 136 * BLOCK, BLOCK, { afterMs: 59_900 }),
      ]);
      const { picture } = await draw({ panels: [panel(64 * MIB, 64)] }, 64); // 4 x 4 blocks in 2 px
      const quarters = (cell: number): number[] =>
        [0, 1, 2, 3].map((q) => picture.at(cell * 2 + (q % 2), Math.floor(q / 2)));
      const [a, b, c, d] = quarters(0);
      expectColor(a ?? -1, theme.written);
      expectColor(b ?? -1, theme.trimmed);
      expectColor(c ?? -1, theme.zeroed);
      expectColor(d ?? -1, theme.written);
      expect(new Set(quarters(1))).toEqual(new Set([numberOf(theme.trimmed), numberOf(theme.error)]));
      expect(new Set(quarters(2))).toEqual(new Set([numberOf(theme.trimmed), numberOf(theme.read)]));
      expect(new Set(quarters(3))).toEqual(new Set([numberOf(theme.trimmed)]));
    });

    test('hides what the legend hides', async () => {
      await open(256, 256, [...STATES, ...request(Op.Write, 9 * BLOCK, BLOCK, { errno: 5 })]);
      const hide = ['read', 'write', 'trim', 'zero', 'error', 'inFlight'] as const;
      const { picture, fades } = await draw({ panels: [panel(64 * MIB, 256)], hide }, 256);
      for (const block of [3, 5, 9, 127, 130]) {
        expectColor(
          picture.at((block % 128) * 2, Math.floor(block / 128) * 2),
          theme.untouched,
          `block ${block}`,
        );
      }
      expect(fades).toBe(false);
      const some = (await draw({ panels: [panel(64 * MIB, 256)], hide: ['write'] }, 256)).picture;
      expectColor(some.at(6, 0), theme.untouched);
      expectColor(some.at(4, 2), theme.trimmed);
    });

    test('pulses the edge after a flush and outlines the cursor', async () => {
      await open(300, 300, request(Op.Flush, 0, 0));
      const shown = (afterMs: number, cursorBlock?: number) =>
        draw(
          {
            panels: [panel(16 * 16 * BLOCK, 300, cursorBlock === undefined ? {} : { cursorBlock })],
            afterMs,
          },
          300,
        );
      const lit = await shown(0); // 18 px a cell: the disk is 288 px, from 6 to 294
      expect(lit.fades).toBe(true);
      expectColor(lit.picture.at(3, 150), theme.flush);
      expectColor(lit.picture.at(5, 150), theme.ground);
      expectColor((await shown(250)).picture.at(150, 4), mixed(theme.ground, theme.flush, 0.5));
      const dark = await shown(501);
      expect(dark.fades).toBe(false);
      expectColor(dark.picture.at(3, 150), theme.ground);
      const pointed = (await shown(501, 17)).picture; // second row, second column: 24 to 41
      for (const [x, y] of [
        [23, 30],
        [30, 23],
        [41, 30],
        [30, 42],
      ] as const)
        expectColor(pointed.at(x, y), theme.cursor);
      expectColor(pointed.at(30, 30), theme.untouched, 'inside');
      expectColor((await shown(501)).picture.at(23, 30), theme.ground, 'the cursor is gone');
    });

    test('draws several disks in one canvas, each clipped to its place', async () => {
      await open(210, 100, [...request(Op.Write, 0, MIB), ...request(Op.Trim, 0, MIB, { disk: 1 })]);
      const view = { cellShift: 12, rowCells: 16, level: 0, cellPx: 12, originXPx: 24, originYPx: 24 };
      const panels = [panel(MIB, 100, { view }), panel(MIB, 100, { disk: 1, xPx: 110, view })];
      const { picture } = await draw({ panels }, 210);
      expectColor(picture.at(0, 0), theme.written);
      expectColor(picture.at(99, 97), theme.written);
      expectColor(picture.at(104, 50), theme.ground);
      expectColor(picture.at(110, 0), theme.trimmed);
      expectColor(picture.at(209, 97), theme.trimmed);
    });

    test('shows the same after a reload from a snapshot', async () => {
      await open(256, 256, [...STATES, ...request(Op.Write, 40 * BLOCK, BLOCK, { open: true, slot: 7 })]);
      const before = (await draw({ panels: [panel(64 * MIB, 256)] }, 256)).picture;
      await page.evaluate(() => window.gridPage.reload());
      const after = (await draw({ panels: [panel(64 * MIB, 256)] }, 256)).picture;
      expect(after.differences(before, 0)).toBe(0);
    });

    test('draws changes after changes as it draws the whole anew', async () => {
      const panels = [panel(64 * MIB, 384), panel(64 * MIB, 64, { xPx: 384 })];
      await open(448, 384);
      const all: PageRow[] = [];
      for (let i = 0; i < 60; i += 1) {
        const op = [Op.Write, Op.Trim, Op.Zero, Op.Read][i % 4] ?? Op.Read;
        const at = ((i * 7919) % 16_000) * BLOCK;
        const rows = request(op, at + 512 * (i % 3), BLOCK * (1 + (i % 9)), {
          afterMs: i * 30,
          errno: i % 7 === 6 ? 5 : 0,
        });
        all.push(...rows);
        await apply(rows);
        if (i % 4 === 3)
          await page.evaluate((f) => window.gridPage.render(f), { panels, clockUs: START_US + i * 30_000 });
      }
      const kept = (await draw({ panels, afterMs: 1900 }, 448)).picture;
      await open(448, 384, all);
      const anew = (await draw({ panels, afterMs: 1900 }, 448)).picture;
      expect(anew.differences(kept, 0)).toBe(0);
    });

    for (const name of ['light', 'projector', 'classic'] as const) {
      test(`takes its colours from the ${name} theme`, async () => {
        await open(256, 256, STATES);
        const { picture } = await draw({ panels: [panel(64 * MIB, 256)], theme: name }, 256);
        const { grid } = THEMES[name];
        expectColor(picture.at(6, 0), grid.written);
        expectColor(picture.at(10, 0), grid.read);
        expectColor(picture.at(4, 2), grid.trimmed);
        expectColor(picture.at(254, 0), grid.zeroed);
        expectColor(picture.at(0, 0), grid.untouched);
      });
    }
  });
}

test('both back ends draw the same picture', async () => {
  const page = await openGridPage(browser);
  const rows: PageRow[] = [];
  for (let i = 0; i < 400; i += 1) {
    const op = [Op.Write, Op.Trim, Op.Zero, Op.Read, Op.Write][i % 5] ?? Op.Read;
    const at = ((i * 104_729) % 16_300) * BLOCK;
    rows.push(
      ...request(op, at + 512 * (i % 4), 512 * (1 + (i % 40)), {
        afterMs: i * 3,
        errno: i % 11 === 10 ? 5 : 0,
        flags: i % 3 === 0 && op === Op.Write ? RowFlag.Fua : 0,
        slot: i,
        open: i % 17 === 16,
      }),
    );
  }
  rows.push(...request(Op.Flush, 0, 0, { afterMs: 1200 }));
  const view = (cellShift: number, level: number, cellPx: number) => ({
    view: { cellShift, level, cellPx, rowCells: 128, originXPx: 11, originYPx: 7 },
  });
  const panels = [
    panel(64 * MIB, 260, { cursorBlock: 200 }),
    panel(64 * MIB, 200, { xPx: 270, cursorBlock: 300, ...view(12, 0, 24) }),
    panel(64 * MIB, 200, { xPx: 480, ...view(12, 2, 3) }),
    panel(64 * MIB, 200, { yPx: 270, ...view(10, 0, 6) }),
    panel(64 * MIB, 200, { xPx: 210, yPx: 270, ...view(14, 0, 16) }),
    panel(64 * MIB, 200, { xPx: 420, yPx: 270, ...view(9, 1, 2) }),
  ];
  const pictures: Picture[] = [];
  for (const backend of ['webgl2', 'canvas2d'] as const) {
    await page.evaluate((b) => window.gridPage.open(b, 690, 480), backend);
    await page.evaluate((r) => window.gridPage.apply(r), rows);
    await page.evaluate((f) => window.gridPage.render(f), { panels, clockUs: START_US + 1_400_000 });
    pictures.push(Picture.fromBase64(await page.evaluate(() => window.gridPage.pixels()), 690));
  }
  const [gl, flat] = pictures;
  if (gl === undefined || flat === undefined) throw new Error('two pictures were to be drawn');
  expect(gl.differences(flat, 1)).toBe(0);
  await page.context().close();
});

test('a lost WebGL context is waited for, rebuilt and drawn again', async () => {
  const page = await openGridPage(browser);
  const frame = { panels: [panel(64 * MIB, 256)], clockUs: START_US + 60_000_000 };
  await page.evaluate(() => window.gridPage.open('webgl2', 256, 256));
  await page.evaluate((r) => window.gridPage.apply(r), request(Op.Write, 3 * BLOCK, BLOCK));
  await page.evaluate((f) => window.gridPage.render(f), frame);
  await page.evaluate(() => window.gridPage.loseContext());
  await page.evaluate((r) => window.gridPage.apply(r), request(Op.Trim, 5 * BLOCK, BLOCK));
  expect(await page.evaluate((f) => window.gridPage.render(f), frame)).toBe(false);
  await page.evaluate(() => window.gridPage.restoreContext());
  const picture = Picture.fromBase64(await page.evaluate(() => window.gridPage.pixels()), 256);
  expect(picture.at(6, 0)).toBe(numberOf(theme.written));
  expect(picture.at(10, 0)).toBe(numberOf(theme.trimmed));
  await page.context().close();
});
