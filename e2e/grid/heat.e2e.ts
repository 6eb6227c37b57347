import { type Browser, expect, type Page, test } from '@playwright/test';
import { Op } from '#shared/events/vocabulary.ts';
import type { HeatKind } from '#shared/model/heat.ts';
import { HEAT_RAMPS } from '#shared/theme/heat.ts';
import { THEMES } from '#shared/theme/palettes.ts';
import type { HexColor } from '#shared/theme/theme.ts';
import { launchChromium, openGridPage } from './harness.ts';
import type { PageRow } from './page.ts';
import { distance, numberOf, Picture } from './pixels.ts';
import { BLOCK, MIB, panel, request, START_US } from './requests.ts';

const theme = THEMES.dark.grid;
const ramp = HEAT_RAMPS.dark;

let browser: Browser;
test.beforeAll(async () => {
  browser = await launchChromium();
});
test.afterAll(async () => {
  await browser.close();
});

/** The colour of a step, from 1. */
const step = (n: number): HexColor => ramp[n - 1] ?? theme.error;

/** So many requests of one block each. */
function times(count: number, op: number, block: number, afterMs = 0): PageRow[] {
  return Array.from({ length: count }, () => request(op, block * BLOCK, BLOCK, { afterMs })).flat();
}

for (const backend of ['webgl2', 'canvas2d'] as const) {
  test.describe(`heat drawn with ${backend}`, () => {
    let page: Page;
    test.beforeAll(async () => {
      page = await openGridPage(browser);
    });
    test.afterAll(async () => {
      await page.context().close();
    });

    async function open(lengthPx: number, rows: readonly PageRow[], limitBytes?: number): Promise<void> {
      const args = [backend, lengthPx, limitBytes] as const;
      await page.evaluate(([b, px, limit]) => window.gridPage.open(b, px, px, limit), args);
      await page.evaluate((r) => window.gridPage.apply(r), rows);
    }

    async function draw(heat: HeatKind, lengthPx: number, afterMs = 0, size = 16 * 16 * BLOCK) {
      const frame = { panels: [panel(size, lengthPx)], clockUs: START_US + afterMs * 1000, heat };
      const [fades, pixels] = await page.evaluate(
        (given) => [window.gridPage.render(given), window.gridPage.pixels()] as const,
        frame,
      );
      return { picture: Picture.fromBase64(pixels, lengthPx), fades };
    }

    function expectColor(found: number, wanted: HexColor, what: string): void {
      expect(distance(found, numberOf(wanted)), `${what}: #${found.toString(16)}`).toBeLessThanOrEqual(1);
    }

    test('tells how often blocks were written or read, from once on, and follows what comes', async () => {
      await open(192, [
        ...times(1, Op.Write, 0),
        ...times(3, Op.Write, 1),
        ...times(8, Op.Zero, 2),
        ...times(2, Op.Read, 3),
        ...times(1, Op.Trim, 4),
      ]);
      const at = (picture: Picture, block: number): number => picture.at(block * 12 + 5, 5);
      const { picture, fades } = await draw('writes', 192);
      for (const [block, color] of [step(1), step(2), step(4), theme.untouched, theme.untouched].entries()) {
        expectColor(at(picture, block), color, `block ${block} by writes`);
      }
      expectColor(picture.at(11, 5), theme.ground, 'the grid line');
      expect(fades).toBe(false);
      const reads = (await draw('reads', 192)).picture;
      expectColor(at(reads, 3), step(2), 'read twice');
      expectColor(at(reads, 0), theme.untouched, 'never read');
      await page.evaluate((r) => window.gridPage.apply(r), times(1, Op.Write, 1));
      expectColor(at((await draw('writes', 192)).picture, 1), step(3), 'written once more');
      await page.evaluate(() => window.gridPage.reload());
      expectColor(at((await draw('writes', 192)).picture, 1), step(3), 'from a snapshot');
    });

    test('tells how long ago blocks were touched, as time passes', async () => {
      await open(192, [...times(1, Op.Write, 0, 0), ...times(1, Op.Read, 1, 20_000)]);
      const seen = async (afterMs: number): Promise<readonly number[]> => {
        const { picture } = await draw('age', 192, afterMs);
        return [picture.at(5, 5), picture.at(17, 5), picture.at(29, 5)];
      };
      const [old = 0, young = 0, never = 0] = await seen(20_000);
      expectColor(old, step(7), '20 s ago');
      expectColor(young, step(10), 'just now');
      expectColor(never, theme.untouched, 'never');
      const [older = 0, lessYoung = 0] = await seen(51_500);
      expectColor(older, step(6), '51 s ago');
      expectColor(lessYoung, step(6), '31 s ago');
      expectColor((await seen(20_900))[1] ?? 0, step(10), 'back again');
    });

    test('shows the hottest of the many blocks of a cell', async () => {
      await open(64, [
        ...request(Op.Write, 0, 64 * MIB),
        ...times(1, Op.Read, 130),
        ...times(3, Op.Write, 133),
      ]);
      const reads = (await draw('reads', 64, 0, 64 * MIB)).picture; // 4 x 4 blocks in 2 px
      for (const px of [0, 1]) expectColor(reads.at(px, px), step(1), 'one block of the cell, read once');
      expectColor(reads.at(2, 0), theme.untouched, 'none of its blocks was read');
      const writes = (await draw('writes', 64, 0, 64 * MIB)).picture;
      expectColor(writes.at(2, 1), step(3), 'one block of the cell, written four times');
      expectColor(writes.at(6, 6), step(1), 'all written once');
    });

    test('hatches what nobody counted as memory was short', async () => {
      await open(128, [...times(2, Op.Write, 0), ...times(2, Op.Write, 64 * 63)], 50_000);
      const { picture } = await draw('writes', 128, 0, 64 * 64 * BLOCK);
      expectColor(picture.at(0, 0), step(2), 'counted');
      const hatch = [picture.at(0, 126), picture.at(1, 126), picture.at(0, 127), picture.at(1, 127)];
      expectColor(hatch[0] ?? 0, theme.inFlight, 'hatched');
      expectColor(hatch[1] ?? 0, theme.untouched, 'between');
      expect(hatch[3]).toBe(hatch[0]);
    });
  });
}

test('heat looks the same with both back ends', async () => {
  const page = await openGridPage(browser);
  const rows = Array.from({ length: 200 }, (_, i) =>
    times((i % 40) + 1, i % 2, (i * 37) % 4096, i * 400),
  ).flat();
  for (const heat of ['writes', 'reads', 'age'] as const) {
    const pictures: Picture[] = [];
    for (const backend of ['webgl2', 'canvas2d'] as const) {
      await page.evaluate(([b]) => window.gridPage.open(b, 300, 300), [backend] as const);
      await page.evaluate((r) => window.gridPage.apply(r), rows);
      const frame = { panels: [panel(16 * MIB, 300)], clockUs: START_US + 90_000_000, heat };
      const pixels = await page.evaluate((given) => {
        window.gridPage.render(given);
        return window.gridPage.pixels();
      }, frame);
      pictures.push(Picture.fromBase64(pixels, 300));
    }
    const [a, b] = pictures;
    expect(b === undefined ? -1 : a?.differences(b, 1), heat).toBe(0);
  }
  await page.context().close();
});
