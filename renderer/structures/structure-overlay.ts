import type { Answer } from '#shared/channel/answer.ts';
import type { Disposable } from '#shared/channel/channel.ts';
import type { Question } from '#shared/contract/questions.ts';
import type { Theme } from '#shared/theme/theme.ts';
import { FAMILY_NAMES, type StructureFamily } from './kind-look.ts';
import { type NameStyle, nameMetrics, nameStyle, OverlayPainter } from './overlay-painter.ts';
import { type BlockStretch, type OverlayPanel, type OverlayScene, overlayScene } from './overlay-scene.ts';
import { RegionFeeds } from './region-feeds.ts';
import type { Regions } from './regions.ts';
import { wantedBlocks } from './wanted-blocks.ts';

/** Where the overlay gets what it shows. */
export interface OverlaySource {
  /** Whether outlines, tints and names are wanted. */
  readonly isOn: boolean;
  /** What is known of a disk's structures: 0 for nothing, and another number whenever that is something else. */
  version(disk: number): number;
  /** The last row that is shown, while that is in the past; null for now. */
  readonly pastSequence: number | null;
  readonly theme: Theme;
  /** Height of names, CSS px. */
  readonly namePx: number;
  /** What is lit up on a disk; another array means other blocks. */
  picked(disk: number): readonly BlockStretch[];
}

export interface OverlayOptions {
  readonly canvas: HTMLCanvasElement;
  readonly source: OverlaySource;
  readonly ask: (question: Question, signal: AbortSignal) => Promise<Answer>;
  /** Told which families are in view, in the order of the legend, and whether neighbours are told as one. */
  readonly onFamilies: (families: readonly StructureFamily[], isCoarse: boolean) => void;
}

interface Drawn {
  readonly panel: OverlayPanel;
  readonly regions: Regions | null;
  readonly picked: readonly BlockStretch[];
  readonly scene: OverlayScene;
}

/**
 * Outlines, tints and names of what lies on the disks, on a canvas of its own over the grids, so that both back ends have
 * them alike and a frame of the grids costs no more. Drawn only when the view, what is known or what is picked has changed.
 */
export class StructureOverlay implements Disposable {
  readonly #options: OverlayOptions;
  readonly #context: CanvasRenderingContext2D | null;
  readonly #painter: OverlayPainter | null;
  readonly #feeds: RegionFeeds;
  #drawn = new Map<number, Drawn>();
  #drawnWith = '';
  #told = '';
  #panels: readonly OverlayPanel[] = [];
  #ratio = 1;

  constructor(options: OverlayOptions) {
    this.#options = options;
    this.#context = options.canvas.getContext('2d');
    this.#painter = this.#context === null ? null : new OverlayPainter(this.#context);
    this.#feeds = new RegionFeeds(options.ask, () => this.#draw(false));
  }

  /** The regions shown last, by disk: for pictures of what the window shows. */
  get regions(): ReadonlyMap<number, Regions> {
    return this.#feeds.regions;
  }

  /** Follows the grids; call after each of their frames. All px are device px. */
  update(panels: readonly OverlayPanel[], widthPx: number, heightPx: number, ratio: number): void {
    const { canvas } = this.#options;
    const isResized = canvas.width !== widthPx || canvas.height !== heightPx;
    if (canvas.width !== widthPx) canvas.width = widthPx;
    if (canvas.height !== heightPx) canvas.height = heightPx;
    this.#panels = panels;
    this.#ratio = ratio;
    this.#want();
    this.#draw(isResized);
  }

  /** What is known, wanted or picked may be something else: draws it over the grids as they stand. */
  refresh(): void {
    this.#want();
    this.#draw(false);
  }

  /** The engine may know other things than before. */
  restart(): void {
    this.#feeds.restart();
  }

  dispose(): void {
    this.#feeds.dispose();
  }

  #want(): void {
    const { source } = this.#options;
    this.#feeds.keep(new Set(this.#panels.map(({ disk }) => disk)));
    for (const panel of this.#panels) {
      const blocks = source.isOn ? wantedBlocks(panel) : null;
      this.#feeds.want(panel.disk, blocks, source.version(panel.disk), source.pastSequence);
    }
  }

  #draw(isCleared: boolean): void {
    const { source, canvas } = this.#options;
    const { theme } = source;
    if (this.#context === null || this.#painter === null) return;
    const style = nameStyle(source.namePx * this.#ratio);
    const drawnWith = `${theme.name}/${style.font}`;
    const scenes = new Map(this.#panels.map((panel) => [panel.disk, this.#sceneOf(panel, style, drawnWith)]));
    const isSame =
      !isCleared &&
      drawnWith === this.#drawnWith &&
      scenes.size === this.#drawn.size &&
      [...scenes].every(([disk, drawn]) => isSameDrawing(drawn, this.#drawn.get(disk)));
    this.#drawn = scenes;
    this.#drawnWith = drawnWith;
    if (isSame) return;
    this.#context.clearRect(0, 0, canvas.width, canvas.height);
    for (const { panel, scene } of scenes.values()) this.#painter.paint(panel, scene, theme, style);
    this.#tell(scenes);
  }

  #sceneOf(panel: OverlayPanel, style: NameStyle, drawnWith: string): Drawn {
    const regions = this.#feeds.regions.get(panel.disk) ?? null;
    const picked = this.#options.source.picked(panel.disk);
    const before = this.#drawn.get(panel.disk);
    const known = { panel, regions, picked };
    const isSame =
      before !== undefined &&
      drawnWith === this.#drawnWith &&
      before.regions === regions &&
      before.picked === picked &&
      isSamePlace(before.panel, panel);
    if (isSame || this.#context === null) return { ...known, scene: before?.scene ?? EMPTY };
    return { ...known, scene: overlayScene(panel, regions, picked, nameMetrics(this.#context, style)) };
  }

  #tell(scenes: ReadonlyMap<number, Drawn>): void {
    const { canvas, onFamilies } = this.#options;
    const families = FAMILY_NAMES.filter((name) =>
      [...scenes.values()].some(({ scene }) => scene.families.has(name)),
    );
    const isCoarse = [...scenes.values()].some(({ regions }) => regions?.isCoarse === true);
    const told = `${families.join(' ')}${isCoarse ? ' coarse' : ''}`;
    // For whoever looks at the page rather than at the picture.
    canvas.dataset['families'] = families.join(' ');
    canvas.dataset['labels'] = [...scenes.values()]
      .flatMap(({ scene }) => scene.labels.map(({ words }) => words))
      .join('\n');
    if (told === this.#told) return;
    this.#told = told;
    onFamilies(families, isCoarse);
  }
}

const EMPTY: OverlayScene = {
  tints: [],
  outlines: [],
  labels: [],
  picked: [],
  pickedOutlines: [],
  families: new Set(),
};

function isSamePlace(a: OverlayPanel, b: OverlayPanel): boolean {
  return (
    a.view === b.view &&
    a.sizeBytes === b.sizeBytes &&
    a.xPx === b.xPx &&
    a.yPx === b.yPx &&
    a.widthPx === b.widthPx &&
    a.heightPx === b.heightPx
  );
}

function isSameDrawing(a: Drawn, b: Drawn | undefined): boolean {
  return a.scene === b?.scene && a.panel.xPx === b.panel.xPx && a.panel.yPx === b.panel.yPx;
}
