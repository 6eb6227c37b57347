import type { Answer } from '#shared/channel/answer.ts';
import type { Disposable } from '#shared/channel/channel.ts';
import type { Question } from '#shared/contract/questions.ts';
import { MAX_STRUCTURE_REGIONS } from '#shared/contract/structures.ts';
import type { Theme } from '#shared/theme/theme.ts';
import { QuestionFeed } from '../plots/question-feed.ts';
import { FAMILY_NAMES, type StructureFamily } from './kind-look.ts';
import { type NameStyle, nameMetrics, nameStyle, OverlayPainter } from './overlay-painter.ts';
import { type BlockStretch, type OverlayPanel, type OverlayScene, overlayScene } from './overlay-scene.ts';
import { type Regions, readRegions } from './regions.ts';
import { wantedBlocks } from './wanted-blocks.ts';

type RegionsQuestion = Extract<Question, { readonly about: 'structureRegions' }>;

/** Where the overlay gets what it shows. */
export interface OverlaySource {
  /** Whether outlines, tints and names are wanted. */
  readonly isOn: boolean;
  /** What is known of a disk's structures: 0 for nothing, and another number whenever that is something else. */
  version(disk: number): number;
  /** The moment shown: null while that is now. */
  readonly pastSequence: number | null;
  /** The last row that the window has applied. */
  readonly sequence: number;
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
  readonly #feeds = new Map<number, QuestionFeed<RegionsQuestion>>();
  readonly #regions = new Map<number, Regions>();
  #drawn = new Map<number, Drawn>();
  #drawnWith = '';
  #told = '';
  #panels: readonly OverlayPanel[] = [];
  #ratio = 1;

  constructor(options: OverlayOptions) {
    this.#options = options;
    this.#context = options.canvas.getContext('2d');
    this.#painter = this.#context === null ? null : new OverlayPainter(this.#context);
  }

  /** The regions shown last, by disk: for pictures of what the window shows. */
  get regions(): ReadonlyMap<number, Regions> {
    return this.#options.source.isOn ? this.#regions : new Map();
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
    for (const feed of this.#feeds.values()) feed.restart();
  }

  dispose(): void {
    for (const feed of this.#feeds.values()) feed.dispose();
    this.#feeds.clear();
  }

  #want(): void {
    const { source } = this.#options;
    const shown = new Set(this.#panels.map(({ disk }) => disk));
    for (const [disk, feed] of this.#feeds) {
      if (shown.has(disk)) continue;
      feed.dispose();
      this.#feeds.delete(disk);
      this.#regions.delete(disk);
    }
    for (const panel of this.#panels) {
      const { disk } = panel;
      const version = source.version(disk);
      const feed = this.#feedOf(disk);
      const blocks = wantedBlocks(panel);
      if (!source.isOn || version === 0 || blocks.endBlock <= blocks.firstBlock) {
        feed.want(null);
        this.#regions.delete(disk);
        continue;
      }
      const atSequence = source.pastSequence ?? source.sequence;
      const question = { about: 'structureRegions' as const, disk, atSequence, ...blocks };
      const mode = source.pastSequence === null ? 'now' : 'past';
      feed.want(
        { ...question, most: MAX_STRUCTURE_REGIONS },
        `${blocks.firstBlock}-${blocks.endBlock}/${version}/${mode}`,
        source.pastSequence ?? 0,
      );
    }
  }

  #feedOf(disk: number): QuestionFeed<RegionsQuestion> {
    const known = this.#feeds.get(disk);
    if (known !== undefined) return known;
    const feed = new QuestionFeed<RegionsQuestion>({
      ask: this.#options.ask,
      onAnswer: (answer) => {
        this.#regions.set(disk, readRegions(answer));
        this.#draw(false);
      },
      // What was known is shown until there is another answer; why there is none is told beside the tree.
      onTrouble: () => {},
    });
    this.#feeds.set(disk, feed);
    return feed;
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
    const regions = this.#regions.get(panel.disk) ?? null;
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
