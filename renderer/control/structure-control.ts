import type { Disposable } from '#shared/channel/channel.ts';
import type { DiskStructures } from '#shared/contract/structures.ts';
import type { AppState } from '../store/app-store.ts';
import { shownDisks } from '../store/arrangement.ts';
import type { BlockStretch } from '../structures/overlay-scene.ts';
import { NOTHING_PICKED, PickedStructure } from '../structures/picked-structure.ts';
import { NOW_SEQUENCE } from '../structures/region-feeds.ts';
import type { Regions } from '../structures/regions.ts';
import { StructureOverlay } from '../structures/structure-overlay.ts';
import { StructureTree, type TreeRoot } from '../structures/structure-tree.ts';
import { WholeRegions } from '../structures/whole-regions.ts';
import type { WindowApp } from './window-app.ts';

/** Height of names over the grids, CSS px; larger before an audience. */
const NAME_PX = 11;
const PRESENTED_NAME_PX = 16;
/** In the past, what is known is looked up anew no oftener, ms: while it plays every moment is another. */
const MOVED_MS = 400;
/** While requests come, those on what is picked are looked up no oftener, ms. */
const GROWN_MS = 2000;

const NO_BLOCKS: readonly BlockStretch[] = [];

/** What the window knows of what lies on the disks: the overlay, the tree, and what is picked in either. */
export class StructureControl implements Disposable {
  readonly tree: StructureTree;
  readonly picked: PickedStructure;
  overlay: StructureOverlay | null = null;
  readonly #app: WindowApp;
  readonly #unsubscribe: () => void;
  readonly #treeListeners = new Set<() => void>();
  #timer: ReturnType<typeof setTimeout> | null = null;
  #pickTimer: ReturnType<typeof setTimeout> | null = null;

  constructor(app: WindowApp) {
    this.#app = app;
    const ask: WindowApp['session']['ask'] = (question, signal) => app.session.ask(question, signal);
    this.tree = new StructureTree(ask, () => {
      for (const listener of this.#treeListeners) listener();
    });
    this.picked = new PickedStructure(ask, (picked) => {
      app.store.setState({ picked });
      this.overlay?.refresh();
      app.time.timeline?.update();
    });
    this.#unsubscribe = app.store.subscribe((state, before) => this.#onState(state, before));
  }

  /** The moment of the past that is shown; null while that is now. */
  get pastSequence(): number | null {
    const { view } = this.#app.state;
    return view.mode === 'past' ? view.sequence : null;
  }

  /** The row as of which questions are asked. */
  get sequence(): number {
    return this.pastSequence ?? NOW_SEQUENCE;
  }

  /** The regions that the window shows, by disk; none while they are not to be seen. */
  get regions(): ReadonlyMap<number, Regions> {
    return this.overlay?.regions ?? new Map();
  }

  /** The regions of whole disks, kept up until they are disposed: for a film that is recorded. */
  wholeRegions(disks: readonly { readonly id: number; readonly sizeBytes: bigint }[]): WholeRegions {
    const app = this.#app;
    return new WholeRegions(
      (question, signal) => app.session.ask(question, signal),
      disks,
      () => this.pastSequence,
      (disk) => (app.state.structuresOn ? (structuresOf(app.state, disk)?.version ?? 0) : 0),
    );
  }

  /** Tells of the tree's changes. */
  readonly onTree = (listener: () => void): (() => void) => {
    this.#treeListeners.add(listener);
    return () => this.#treeListeners.delete(listener);
  };

  /** Gives the overlay its canvas; called once it is in the document. */
  attach(canvas: HTMLCanvasElement): StructureOverlay {
    const control = this;
    const app = this.#app;
    const overlay = new StructureOverlay({
      canvas,
      ask: (question, signal) => app.session.ask(question, signal),
      onFamilies: (families, isCoarse) => app.store.setState({ structureLegend: { families, isCoarse } }),
      source: {
        get isOn() {
          return app.state.structuresOn;
        },
        version: (disk) => structuresOf(app.state, disk)?.version ?? 0,
        get pastSequence() {
          return control.pastSequence;
        },
        get theme() {
          return app.theme.theme;
        },
        get namePx() {
          return app.state.presenting ? PRESENTED_NAME_PX : NAME_PX;
        },
        picked: (disk) => app.state.picked.places.get(disk) ?? NO_BLOCKS,
      },
    });
    this.overlay = overlay;
    this.#show();
    return overlay;
  }

  detach(): void {
    this.overlay?.dispose();
    this.overlay = null;
  }

  dispose(): void {
    this.#unsubscribe();
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#pickTimer !== null) clearTimeout(this.#pickTimer);
    this.detach();
    this.picked.dispose();
    this.tree.dispose();
  }

  #onState(state: AppState, before: AppState): void {
    if (state.link !== before.link && state.link === 'open') {
      this.overlay?.restart();
      this.tree.restart();
    }
    const other = state.session?.history.id !== before.session?.history.id;
    if (other) {
      if (state.picked !== NOTHING_PICKED) this.picked.pick(null, 0);
      this.tree.forget();
    }
    const isKnownAnew =
      other ||
      state.hidden !== before.hidden ||
      (state.session !== before.session && knownAs(state) !== knownAs(before));
    const isMoved =
      state.view.mode !== before.view.mode ||
      (state.view.mode === 'past' && state.view.sequence !== before.view.sequence);
    if (state.structuresOn !== before.structuresOn || state.shownTheme !== before.shownTheme) {
      this.overlay?.refresh();
    }
    if (isKnownAnew || state.view.mode !== before.view.mode) this.#show();
    else if (isMoved) this.#showSoon();
    else if (state.counters.sequence !== before.counters.sequence) this.#pickSoon();
  }

  /** How many rows there are of which the window knows; those that are shown may be fewer. */
  get #rows(): number {
    const { session, view, counters } = this.#app.state;
    return Math.max(session?.history.lastSequence ?? 0, view.mode === 'live' ? counters.sequence : 0);
  }

  /** More requests may have come to what is picked. */
  #pickSoon(): void {
    if (this.#app.state.picked.picked === null) return;
    this.#pickTimer ??= setTimeout(() => {
      this.#pickTimer = null;
      const { picked, loading } = this.#app.state.picked;
      if (picked !== null && !loading) this.picked.pick(picked, this.sequence, this.#rows);
    }, GROWN_MS);
  }

  #showSoon(): void {
    this.#timer ??= setTimeout(() => this.#show(true), MOVED_MS);
  }

  /** @param isMoved when only the moment shown is another. */
  #show(isMoved = false): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const { state } = this.#app;
    const roots = shownDisks(state).flatMap(({ id, name, sizeBytes }): readonly TreeRoot[] => {
      const version = structuresOf(state, id)?.version ?? 0;
      return version === 0 ? [] : [{ disk: id, name, sizeBytes: BigInt(sizeBytes ?? 0), version }];
    });
    this.tree.show(roots, this.pastSequence);
    const { picked, loading } = state.picked;
    if (picked !== null) {
      // Moments that follow each other do not call off, over and over, what was begun for the first of them.
      if (isMoved && loading) this.#showSoon();
      else this.picked.pick(picked, this.sequence, this.#rows);
      this.tree.look(picked.disk, picked.path);
    }
    this.overlay?.refresh();
  }
}

/** What is known of the structures on a disk; null where the engine tells nothing of it. */
export function structuresOf(state: Pick<AppState, 'session'>, disk: number | null): DiskStructures | null {
  return state.session?.structures.find((one) => one.disk === disk) ?? null;
}

/** The same text while the same is known of the same disks, by the same names and in the same order. */
function knownAs({ session }: AppState): string {
  const known = session?.structures.map(({ disk, version }) => [disk, version]);
  return JSON.stringify([known, session?.disks.map(({ id, name, sizeBytes }) => [id, name, sizeBytes])]);
}
