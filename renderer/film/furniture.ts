import type { Theme } from '#shared/theme/theme.ts';
import { packColor } from '../grid/cell-look.ts';
import { formatCount } from '../words/format.ts';
import type { Drawing, TextStyle } from './drawing.ts';
import type { BoxPx, FilmLayout } from './film-layout.ts';
import { type LegendEntry, type LegendKind, legendSwatch } from './film-legend.ts';
import type { ClockWords, DiskLine } from './film-words.ts';
import { wrapWords } from './wrap-words.ts';

/** The words of one frame. */
export interface FrameWords {
  readonly title: string;
  readonly facts: string;
  readonly clock: ClockWords;
  readonly caption: string;
  readonly legend: readonly LegendEntry[];
  /** A line for each panel, in their order. */
  readonly disks: readonly DiskLine[];
}

/** Text sizes, px of the design. */
const TITLE = 24;
const FACTS = 15;
const CLOCK = 32;
const CAPTIONS = [34, 30, 26, 22, 18] as const;
const LEGEND = 18;
const DISK = 15;
const LINE_HEIGHT = 1.3;
/** Counts stand no farther from their names than this. */
const LEGEND_COLUMN = 250;
const MAX_CAPTION = 640;

/** Everything around the grids. What says the same as in the frame before is left as it stands. */
export class Furniture {
  readonly #drawing: Drawing;
  readonly #layout: FilmLayout;
  readonly #theme: Theme;
  readonly #drawn = new Map<BoxPx, string>();

  constructor(drawing: Drawing, layout: FilmLayout, theme: Theme) {
    this.#drawing = drawing;
    this.#layout = layout;
    this.#theme = theme;
  }

  draw(words: FrameWords): void {
    const { heading, clock, caption, legend, panels } = this.#layout;
    if (heading !== null)
      this.#part(heading, `${words.title}\n${words.facts}`, () => this.#heading(heading, words));
    if (clock !== null) this.#part(clock, JSON.stringify(words.clock), () => this.#clock(clock, words.clock));
    if (caption !== null) this.#part(caption, words.caption, () => this.#caption(caption, words.caption));
    if (legend !== null) {
      this.#part(legend, JSON.stringify(words.legend), () => this.#legend(legend, words.legend));
    }
    panels.forEach(({ name }, i) => {
      const line = words.disks[i];
      if (name === null || line === undefined) return;
      this.#part(name, JSON.stringify(line), () => this.#disk(name, line));
    });
  }

  #part(box: BoxPx, says: string, draw: () => void): void {
    if (this.#drawn.get(box) === says) return;
    this.#drawn.set(box, says);
    this.#drawing.fill(box, this.#theme.chrome.background);
    draw();
  }

  #style(size: number, options: Partial<TextStyle> = {}): TextStyle {
    const sizePx = Math.round(size * this.#layout.unitPx);
    return { sizePx, weight: 500, color: this.#theme.chrome.text, mono: false, ...options };
  }

  /** Words in lines from the top of a box; returns what they take of its height, px. */
  #lines(box: BoxPx, words: string, style: TextStyle, most: number): number {
    const heightPx = style.sizePx * LINE_HEIGHT;
    const lines = wrapWords(words, box.widthPx, most, (part) => this.#drawing.measure(part, style));
    lines.forEach((line, i) => {
      this.#drawing.text(line, box.xPx, Math.round(box.yPx + heightPx * (i + 0.5)), style);
    });
    return Math.round(lines.length * heightPx);
  }

  #heading(heading: BoxPx, { title, facts }: Pick<FrameWords, 'title' | 'facts'>): void {
    const { arrangement, unitPx } = this.#layout;
    const most = arrangement === 'beside' ? 2 : 1;
    const takenPx = this.#lines(heading, title, this.#style(TITLE, { weight: 600 }), most);
    const below = { ...heading, yPx: heading.yPx + takenPx + Math.round(3 * unitPx) };
    this.#lines(below, facts, this.#style(FACTS, { color: this.#theme.chrome.mutedText }), most);
  }

  #clock(clock: BoxPx, { since, time, zone }: ClockWords): void {
    const { arrangement } = this.#layout;
    const style = this.#style(CLOCK, { mono: true });
    const unit = this.#style(FACTS, { color: this.#theme.chrome.mutedText });
    const middlePx = Math.round(clock.yPx + clock.heightPx / 2);
    const gapPx = Math.round(8 * this.#layout.unitPx);
    const behind = zone === '' ? 0 : gapPx + this.#drawing.measure(zone, unit);
    const timePx = this.#drawing.measure(time, style);
    // A step's name may be long, and what lies beside the box is not drawn anew with it.
    const room = clock.widthPx - timePx - behind - gapPx;
    const [name = ''] = wrapWords(since, room, 1, (part) => this.#drawing.measure(part, unit));
    const before = name === '' ? 0 : this.#drawing.measure(name, unit) + gapPx;
    const widthPx = before + timePx + behind;
    const xPx = arrangement === 'beside' ? clock.xPx : Math.round(clock.xPx + clock.widthPx - widthPx);
    const unitYPx = middlePx + Math.round(style.sizePx / 6);
    if (name !== '') this.#drawing.text(name, xPx, unitYPx, unit);
    this.#drawing.text(time, Math.round(xPx + before), middlePx, style);
    if (zone !== '') this.#drawing.text(zone, Math.round(xPx + before + timePx + gapPx), unitYPx, unit);
  }

  /** As large as lets all of it be seen. */
  #caption(box: BoxPx, words: string): void {
    if (words === '') return;
    const isBeside = this.#layout.arrangement === 'beside';
    const widthPx = isBeside ? Math.min(box.widthPx, MAX_CAPTION * this.#layout.unitPx) : box.widthPx;
    for (const size of CAPTIONS) {
      const style = this.#style(size, { weight: 600 });
      const most = Math.max(1, Math.floor(box.heightPx / (style.sizePx * LINE_HEIGHT)));
      const measure = (part: string): number => this.#drawing.measure(part, style);
      const needed = wrapWords(words, widthPx, Number.POSITIVE_INFINITY, measure).length;
      const fits = needed <= most && style.sizePx * LINE_HEIGHT <= box.heightPx;
      if (!fits && size !== CAPTIONS.at(-1)) continue;
      this.#lines({ ...box, widthPx }, words, style, most);
      return;
    }
  }

  #legend(box: BoxPx, entries: readonly LegendEntry[]): void {
    const style = this.#style(LEGEND);
    const figures = this.#style(LEGEND - 1, { mono: true });
    const swatchPx = 2 * Math.round((LEGEND * this.#layout.unitPx) / 2);
    const gapPx = Math.round(swatchPx / 2);
    if (this.#layout.arrangement === 'beside') {
      const rowPx = box.heightPx / 7;
      const endPx = Math.round(box.xPx + Math.min(box.widthPx, LEGEND_COLUMN * this.#layout.unitPx));
      const topPx = box.yPx + box.heightPx - rowPx * entries.length;
      entries.forEach(({ kind, count }, i) => {
        const middlePx = Math.round(topPx + rowPx * (i + 0.5));
        this.#swatch(kind, swatchPx, box.xPx, middlePx);
        this.#drawing.text(kind, box.xPx + swatchPx + gapPx, middlePx, style);
        this.#drawing.text(formatCount(count), endPx, middlePx, figures, true);
      });
      return;
    }
    const middlePx = Math.round(box.yPx + box.heightPx / 2);
    const slotPx = Math.floor(box.widthPx / Math.max(1, entries.length));
    entries.forEach(({ kind, count }, i) => {
      const xPx = box.xPx + i * slotPx;
      this.#swatch(kind, swatchPx, xPx, middlePx);
      const wordsPx = xPx + swatchPx + gapPx;
      this.#drawing.text(kind, wordsPx, middlePx, style);
      const countPx = Math.round(wordsPx + this.#drawing.measure(kind, style) + gapPx);
      // In a narrow frame there is room for the colours and their names alone.
      const widthPx = this.#drawing.measure(formatCount(count), figures);
      if (countPx + widthPx < xPx + slotPx)
        this.#drawing.text(formatCount(count), countPx, middlePx, figures);
    });
  }

  #swatch(kind: LegendKind, sidePx: number, xPx: number, middlePx: number): void {
    const { grid, chrome } = this.#theme;
    const image = legendSwatch(kind, sidePx, grid, packColor(chrome.border));
    this.#drawing.image(image, xPx, 2 * Math.round((middlePx - sidePx / 2) / 2));
  }

  #disk(box: BoxPx, { name, state, tone }: DiskLine): void {
    const { chrome } = this.#theme;
    const style = this.#style(DISK, { weight: 600 });
    const tones = {
      quiet: chrome.mutedText,
      busy: chrome.accent,
      warning: chrome.warning,
      danger: chrome.danger,
    };
    const beside = this.#style(DISK, { color: tones[tone] });
    const middlePx = Math.round(box.yPx + box.heightPx / 2);
    const measured = (words: string, of: TextStyle): number => this.#drawing.measure(words, of);
    const statePx = state === '' ? 0 : measured(state, beside) + style.sizePx;
    const [line = ''] = wrapWords(name, box.widthPx - statePx, 1, (part) => measured(part, style));
    this.#drawing.text(line, box.xPx, middlePx, style);
    if (state !== '') this.#drawing.text(state, box.xPx + box.widthPx, middlePx, beside, true);
  }
}
