import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type CDPSession, expect, type Page } from '@playwright/test';
import { percentile } from '../support/machine.ts';

const MIB = 1024 * 1024;

/** What the window takes and does; the heap's after a collection, times between frames while it shows what is live. */
export interface WindowUse {
  readonly heapMib: number;
  readonly nodes: number;
  readonly listeners: number;
  readonly frameP50Ms: number;
  readonly frameP99Ms: number;
  /** Rows that it has taken up: of each request two, when it came and when it was answered. */
  readonly rows: number;
}

/** How often each thing was done. */
export interface Done {
  seeks: number;
  faults: number;
  captures: number;
  captureBytes: number;
  windows: number;
}

/** Does with a window what a person would, by its keys and buttons. */
export class WindowUser {
  readonly done: Done = { seeks: 0, faults: 0, captures: 0, captureBytes: 0, windows: 0 };
  readonly #page: Page;
  readonly #cdp: CDPSession;
  readonly #folder: string;

  private constructor(page: Page, cdp: CDPSession, folder: string) {
    this.#page = page;
    this.#cdp = cdp;
    this.#folder = folder;
  }

  static async of(page: Page, folder: string): Promise<WindowUser> {
    const cdp = await page.context().newCDPSession(page);
    await cdp.send('Performance.enable');
    return new WindowUser(page, cdp, folder);
  }

  /** Leaves what a deed that took too long has left open. */
  async #tidy(): Promise<void> {
    for (let dialogs = 0; dialogs < 3; dialogs += 1) await this.#page.keyboard.press('Escape');
  }

  /** To some moments of the past, anywhere on the timeline, and back. */
  async scrub(): Promise<void> {
    const box = await this.#page.getByRole('slider', { name: 'Moment shown' }).boundingBox();
    if (box === null) throw new Error('the window has no timeline');
    for (let seek = 0; seek < 6; seek += 1) {
      await this.#page.mouse.click(box.x + 2 + Math.random() * (box.width - 4), box.y + box.height / 2);
      this.done.seeks += 1;
      await this.#page.waitForTimeout(400);
    }
    await this.#page.keyboard.press('KeyL');
  }

  /** Makes a disk fail, not the first, and lets it be again after a moment. */
  async fault(): Promise<void> {
    const switches = this.#page.locator('section.panel').getByRole('switch', { name: /^Error on / });
    const one = switches.nth(1 + Math.floor(Math.random() * ((await switches.count()) - 1)));
    await this.#tidy();
    for (const on of ['true', 'false']) {
      if ((await one.getAttribute('aria-checked')) !== on) await one.click();
      await expect(one).toHaveAttribute('aria-checked', on, { timeout: 30_000 });
      await this.#page.waitForTimeout(1500);
    }
    this.done.faults += 1;
  }

  /** Records a few seconds to a file, and removes it. */
  async capture(): Promise<void> {
    await this.#tidy();
    const path = join(this.#folder, `capture-${this.done.captures}.nbdscope`);
    // One that was not finished in time must not stand in the way of all that come after it.
    rmSync(path, { force: true });
    await this.#page.getByRole('button', { name: 'Record to a file' }).click();
    const dialog = this.#page.getByTestId('capture-dialog');
    await dialog.getByLabel('Path').fill(path);
    await dialog.getByRole('button', { name: 'Record', exact: true }).click();
    await this.#page.waitForTimeout(5000);
    await this.#page.getByRole('button', { name: 'Stop recording' }).click();
    await this.#page.getByRole('button', { name: 'Record to a file' }).waitFor();
    this.done.captures += 1;
    this.done.captureBytes += statSync(path).size;
    rmSync(path, { force: true });
    // What it says of the finished file would stay until somebody takes it away.
    await this.#page.keyboard.press('KeyX');
  }

  /** Another window on the same session, for a moment. */
  async secondWindow(): Promise<void> {
    const page = await this.#page.context().newPage();
    await page.goto(this.#page.url());
    await page.locator('canvas[data-sequence]').waitFor();
    await page.waitForTimeout(3000);
    await page.close();
    await this.#page.bringToFront();
    this.done.windows += 1;
  }

  /** Measures, in ten seconds or so. */
  async measure(): Promise<WindowUse> {
    await this.#page.keyboard.press('KeyL');
    await this.#page.waitForTimeout(1000);
    const frames = await this.#page.evaluate(
      () =>
        new Promise<number[]>((done) => {
          const times: number[] = [];
          let before = performance.now();
          const endMs = before + 8000;
          const frame = (): void => {
            const now = performance.now();
            times.push(now - before);
            before = now;
            if (now < endMs) requestAnimationFrame(frame);
            else done(times);
          };
          requestAnimationFrame(frame);
        }),
    );
    await this.#cdp.send('HeapProfiler.collectGarbage');
    const { metrics } = await this.#cdp.send('Performance.getMetrics');
    const metric = (name: string): number => metrics.find((one) => one.name === name)?.value ?? Number.NaN;
    return {
      heapMib: metric('JSHeapUsedSize') / MIB,
      nodes: metric('Nodes'),
      listeners: metric('JSEventListeners'),
      frameP50Ms: percentile(frames, 0.5),
      frameP99Ms: percentile(frames, 0.99),
      rows: Number(await this.#page.locator('canvas[data-sequence]').first().getAttribute('data-sequence')),
    };
  }
}
