import type { Page } from '@playwright/test';

/** A film file as the browser's own player shows it. */
export class DecodedFilm {
  readonly #page: Page;
  readonly durationS: number;
  readonly widthPx: number;
  readonly heightPx: number;

  /** Opens it in a page of its own, which has no policy against it. */
  static async open(page: Page, bytes: Buffer, type: string): Promise<DecodedFilm> {
    await page.route('http://film.test/**', (route) =>
      route.request().url().endsWith('/film')
        ? route.fulfill({ contentType: type, body: bytes })
        : route.fulfill({ contentType: 'text/html', body: '<video muted></video><canvas></canvas>' }),
    );
    await page.goto('http://film.test/');
    const facts = await page.evaluate(async () => {
      const video = document.querySelector('video');
      if (video === null) throw new Error('the page has no video');
      const blob = await (await fetch('/film')).blob();
      video.src = URL.createObjectURL(blob);
      await new Promise((resolve, reject) => {
        video.onloadeddata = resolve;
        video.onerror = () => reject(new Error(video.error?.message ?? 'not a film'));
      });
      return { durationS: video.duration, widthPx: video.videoWidth, heightPx: video.videoHeight };
    });
    return new DecodedFilm(page, facts);
  }

  private constructor(page: Page, facts: Pick<DecodedFilm, 'durationS' | 'widthPx' | 'heightPx'>) {
    this.#page = page;
    this.durationS = facts.durationS;
    this.widthPx = facts.widthPx;
    this.heightPx = facts.heightPx;
  }

  /** The frame that is shown at a time of the film, RGBA row by row. */
  async frameAt(timeS: number): Promise<Buffer> {
    const base64 = await this.#page.evaluate(async (time) => {
      const video = document.querySelector('video');
      const canvas = document.querySelector('canvas');
      const context = canvas?.getContext('2d', { willReadFrequently: true });
      if (video === null || canvas === null || !context) throw new Error('the page has no video');
      const sought = new Promise((resolve) => video.addEventListener('seeked', resolve, { once: true }));
      // On a busy machine the frame comes to be drawn only after the seek is said to have ended.
      const presented = new Promise((resolve) => video.requestVideoFrameCallback(resolve));
      video.currentTime = time;
      await Promise.all([sought, presented]);
      canvas.width = video.videoWidth;
      canvas.height = video.videoHeight;
      context.drawImage(video, 0, 0);
      const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
      const blob = new Blob([data]);
      const url = await new Promise<string>((resolve) => {
        const reader = new FileReader();
        reader.onload = () => resolve(String(reader.result));
        reader.readAsDataURL(blob);
      });
      return url.slice(url.indexOf(',') + 1);
    }, timeS);
    return Buffer.from(base64, 'base64');
  }
}
