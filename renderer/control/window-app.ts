import type { Disposable } from '#shared/channel/channel.ts';
import type { Command } from '#shared/contract/commands.ts';
import type { DiskInfo, Message } from '#shared/contract/messages.ts';
import type { GridRenderer } from '../grid/grid-renderer.ts';
import type { RangeMark } from '../grid/marks.ts';
import { Picture, type PicturePlace } from '../picture/picture.ts';
import type { PointerActions } from '../picture/pointer-input.ts';
import { connectEngine } from '../session/connect-engine.ts';
import { desktopHost } from '../session/desktop-host.ts';
import { WindowSession } from '../session/window-session.ts';
import { viewActivities } from '../store/activity.ts';
import {
  type AppState,
  type AppStore,
  createAppStore,
  diskInHand,
  type LocalNotice,
  type Selection,
  showsSide,
} from '../store/app-store.ts';
import { inOrder, shownDisks } from '../store/arrangement.ts';
import { viewCounters } from '../store/counters.ts';
import { loadPreferences, type Preferences, storePreferences } from '../store/preferences.ts';
import { type Cursor, readOut } from '../store/readout.ts';
import { withDistinctNames } from '../words/log-names.ts';
import { standsInPlace, stillAsked, stopQuestion } from './asked-in-place.ts';
import { rulesStillAsked } from './asked-rules.ts';
import { faultsIn, type MarkInput, marksOf } from './disk-marks.ts';
import { Films } from './films.ts';
import { frameOfAddress } from './frame-deeds.ts';
import { keepView, loadView } from './kept-view.ts';
import { lookOf } from './look-of.ts';
import { selectByPointer } from './select-deeds.ts';
import { StructureControl } from './structure-control.ts';
import { ThemeControl } from './theme-control.ts';
import { TimeControl } from './time-control.ts';
import { Uploads } from './uploads.ts';

/** As in style/window.css and style/side.css. */
const NARROW = '(max-width: 720px)';

/** React is told at most this often. */
const PUBLISH_MS = 100;
/** With nothing new, ages and rates are brought up to date this often. */
const IDLE_PUBLISH_MS = 500;

/**
 * The window behind its chrome: session, picture and store in one place. What a person can do is in the functions
 * beside it (`picture-deeds.ts`, `log-deeds.ts`), which the action table calls.
 */
export class WindowApp implements Disposable {
  readonly store: AppStore;
  readonly session: WindowSession;
  readonly theme: ThemeControl;
  readonly uploads: Uploads;
  readonly films = new Films(this);
  readonly time: TimeControl;
  readonly structures: StructureControl;
  picture: Picture | null = null;
  cursor: Cursor | null = null;
  /** The block that a selection began at; null once the cursor has moved on without selecting. */
  selectionAnchor: number | null = null;

  #markInput: MarkInput = { session: null, selection: null, cursor: null, past: null };
  #marks: ReadonlyMap<number, readonly RangeMark[]> = new Map();
  readonly #stop = new AbortController();
  readonly #publishTimer: ReturnType<typeof setInterval>;
  #countersStale = true;
  #publishedMs = 0;
  #pausedAtRequests = 0;
  #nextNotice = 1;
  #readyReported = false;
  #choseDisk = false;

  constructor() {
    const preferences = loadPreferences(localStorage);
    this.store = createAppStore(preferences);
    this.store.setState({ frame: frameOfAddress(location.hash) });
    this.theme = new ThemeControl(preferences.theme, () => this.applyLook());
    this.store.setState({ shownTheme: this.theme.theme.name });
    this.session = new WindowSession({
      connect: connectEngine,
      resume: loadView(sessionStorage),
      listener: {
        link: (link) => this.#onLink(link),
        message: (message) => this.#onMessage(message),
        changed: () => {
          this.#countersStale = true;
          this.picture?.requestDraw();
        },
        trouble: (text, detail) => this.notify({ level: 'warning', text, detail }),
      },
    });
    this.uploads = new Uploads(
      this.session,
      () => this.state.session,
      (name, reason) =>
        this.notify({ level: 'warning', text: `${name} can no longer be read: ${reason}`, detail: null }),
    );
    this.time = new TimeControl(this);
    this.structures = new StructureControl(this);
    this.#publishTimer = setInterval(() => this.#publish(), PUBLISH_MS);
    const { signal } = this.#stop;
    const narrow = matchMedia(NARROW);
    const noteWidth = (): void => this.store.setState({ narrow: narrow.matches, sideOver: false });
    narrow.addEventListener('change', noteWidth, { signal });
    noteWidth();
    addEventListener('pagehide', () => keepView(sessionStorage, this.session.resume), { signal });
    document.addEventListener(
      'visibilitychange',
      () => this.session.setHidden(document.visibilityState === 'hidden'),
      { signal },
    );
  }

  get state(): AppState {
    return this.store.getState();
  }

  start(): void {
    this.session.setHidden(document.visibilityState === 'hidden');
    this.session.start();
  }

  send(command: Command): void {
    if (this.state.refusal?.command === command.command) this.store.setState({ refusal: null });
    this.session.send(command);
  }

  /** Gives the picture its canvas; called once it is in the document. */
  attachCanvas(canvas: HTMLCanvasElement, renderer: GridRenderer): Picture {
    const app = this;
    const picture = new Picture({
      canvas,
      renderer,
      look: this.#look(),
      source: {
        get state() {
          return app.session.state;
        },
        nowUs: () => app.session.nowUs(),
        get speed() {
          return app.session.clock.speed;
        },
        get cursor() {
          return app.cursor;
        },
        get marks() {
          return app.#marks;
        },
      },
      onTiles: (tiles) => this.store.setState({ tiles }),
      onDrawn: ({ panels, widthPx, heightPx, ratio }) =>
        this.structures.overlay?.update(panels, widthPx, heightPx, ratio),
    });
    picture.setEnlarged(this.state.enlarged);
    this.picture = picture;
    this.#updateDisks();
    return picture;
  }

  detachCanvas(): void {
    this.picture?.dispose();
    this.picture = null;
  }

  /** Takes theme, filter and layout from the store to the picture. */
  applyLook(): void {
    this.store.setState({ shownTheme: this.theme.theme.name });
    this.picture?.setLook(this.#look());
    this.time.timeline?.update();
  }

  /** Changes something that the window remembers. */
  prefer(change: Partial<Preferences>): void {
    this.store.setState(change);
    const { presenterTheme, pointerRing, structuresOn, treeOpen } = this.state;
    const { theme, layout, sideOpen, footerOpen, hintOpen, zone, timelineOf } = this.state;
    storePreferences(localStorage, {
      theme,
      layout,
      sideOpen,
      footerOpen,
      hintOpen,
      zone,
      timelineOf,
      structuresOn,
      treeOpen,
      presenterTheme,
      pointerRing,
    });
    this.applyTheme();
    this.applyLook();
  }

  /** Shows the theme that was chosen for the window, or for presenting. */
  applyTheme(): void {
    const { presenting, presenterTheme, theme } = this.state;
    this.theme.choose(presenting ? presenterTheme : theme);
  }

  /** Brings the side panel into sight. */
  openSide(): void {
    if (showsSide(this.state)) return;
    if (this.state.narrow) this.store.setState({ sideOver: true });
    else this.prefer({ sideOpen: true });
  }

  /** Shows a notice of the window's own. */
  notify(notice: Omit<LocalNotice, 'id' | 'askPathFor'> & { readonly askPathFor?: string }): void {
    const { notices } = this.state;
    if (notices.some((kept) => kept.text === notice.text)) return;
    const id = this.#nextNotice;
    this.#nextNotice += 1;
    this.store.setState({ notices: [...notices, { askPathFor: null, ...notice, id }] });
  }

  dismissLocal(id: number): void {
    this.store.setState(({ notices }) => ({ notices: notices.filter((notice) => notice.id !== id) }));
  }

  /** Stops the picture while the recording goes on, or goes on with it. */
  setPaused(paused: boolean): void {
    this.#pausedAtRequests = this.session.state.recent.total;
    this.store.setState({ paused, missedRequests: 0 });
    this.session.setPaused(paused);
    this.picture?.requestDraw();
  }

  /** Puts the cursor somewhere, or nowhere; the side panel and the outline follow at once. */
  setCursor(cursor: Cursor | null): void {
    this.cursor = cursor;
    if (cursor === null || cursor.by === 'pointer') this.selectionAnchor = null;
    this.#updateMarks();
    this.#publishReadout();
    this.picture?.requestDraw();
  }

  /** Selects a range of blocks, or nothing. `anchor` is the block it began at. */
  select(selection: Selection | null, anchor: number | null = null): void {
    this.selectionAnchor = anchor;
    this.store.setState({ selection });
    this.#updateMarks();
  }

  /** Gives a disk's panel the whole area; null gives every disk its place again. */
  enlarge(disk: number | null): void {
    this.store.setState({ enlarged: disk });
    this.picture?.setEnlarged(disk);
  }

  activate(disk: number): void {
    this.#choseDisk = true;
    if (this.state.activeDisk === disk) return;
    this.store.setState({ activeDisk: disk });
    this.#countersStale = true;
  }

  /** Changes which panels are shown, and in which order. */
  arrange(change: Partial<Pick<AppState, 'order' | 'hidden'>>): void {
    this.store.setState(change);
    const { session, order } = this.state;
    if (session !== null) this.store.setState({ session: inOrder(session, order) });
    this.#updateDisks();
  }

  diskInHand(): DiskInfo | null {
    return diskInHand(this.state);
  }

  /** What the pointer does to the picture. */
  readonly pointerActions: PointerActions = {
    hover: (xPx, yPx) => this.hover(this.picture?.placeUnder(xPx, yPx) ?? null),
    leave: () => this.hover(null),
    pick: (xPx, yPx) => {
      const disk = this.picture?.diskUnder(xPx, yPx) ?? null;
      if (disk !== null) this.activate(disk);
      const place = this.picture?.placeUnder(xPx, yPx) ?? null;
      if (place === null) {
        this.setCursor(null);
        return;
      }
      const again =
        this.cursor?.kept === true && this.cursor.disk === place.disk && this.cursor.block === place.block;
      this.setCursor({ ...place, by: 'pointer', kept: !again });
    },
    zoom: (xPx, yPx, steps) => this.picture?.zoomAt(xPx, yPx, steps),
    select: (fromXPx, fromYPx, toXPx, toYPx) => selectByPointer(this, fromXPx, fromYPx, toXPx, toYPx),
    drag: (fromXPx, fromYPx, dxPx, dyPx) => {
      const disk = this.picture?.diskUnder(fromXPx, fromYPx) ?? null;
      if (disk !== null) this.picture?.pan(disk, dxPx, dyPx);
    },
  };

  dispose(): void {
    this.#stop.abort();
    clearInterval(this.#publishTimer);
    this.time.dispose();
    this.structures.dispose();
    this.uploads.dispose();
    this.films.dispose();
    this.session.dispose();
    this.theme.dispose();
    this.detachCanvas();
  }

  #look(): Picture['look'] {
    return lookOf(this.state, this.theme);
  }

  /** The pointer is over a place of a disk, wherever that is shown, or over none. */
  hover(place: PicturePlace | null): void {
    const { cursor } = this;
    if (cursor?.kept) return;
    if (place === null) {
      if (cursor?.by === 'pointer') this.setCursor(null);
      return;
    }
    const same =
      cursor?.disk === place.disk && cursor.block === place.block && cursor.sector === place.sector;
    if (!same) this.setCursor({ ...place, by: 'pointer', kept: false });
  }

  #onLink(link: AppState['link']): void {
    this.store.setState({ link });
    if (link !== 'lost') return;
    for (const name of this.uploads.stopAll()) {
      this.notify({
        level: 'warning',
        text: `${name} is no longer followed: the engine it was sent to has gone; drop it again`,
        detail: null,
      });
    }
  }

  #onMessage(message: Message): void {
    switch (message.message) {
      case 'welcome':
        this.store.setState({ version: message.version, host: message.host, nbdkit: message.nbdkit });
        return;
      case 'session':
        this.store.setState({
          session: inOrder(withDistinctNames(message.session), this.state.order),
          askedErrors: stillAsked(this.state.askedErrors, message.session),
          askedRules: rulesStillAsked(this.state.askedRules, message.session),
        });
        this.#updateDisks();
        this.#countersStale = true;
        this.picture?.requestDraw();
        if (!this.#readyReported) {
          this.#readyReported = true;
          desktopHost()?.reportReady();
        }
        return;
      case 'view':
        this.store.setState({ view: message.view });
        this.#countersStale = true;
        this.picture?.requestDraw();
        this.time.onView(message.view);
        return;
      case 'unanswered':
        return;
      case 'progress':
        this.store.setState({ missedRequests: Math.max(0, message.requests - this.#pausedAtRequests) });
        return;
      case 'refused':
        this.#onRefused(message.command, message.text);
        return;
    }
  }

  /** A refusal stands where the thing was asked: in its dialog or panel while that is there, else as a notice. */
  #onRefused(command: string, text: string): void {
    if (command === 'play' || command === 'seek') this.time.onRefused();
    if (command === 'setDiskError') this.store.setState({ askedErrors: new Map() });
    if (command === 'setFaultRules') this.store.setState({ askedRules: new Map() });
    const question = command === 'stopHost' ? stopQuestion(this.state) : null;
    if (question !== null) {
      // Something was written, or a client came, since the window was last told: it is asked about after all.
      this.store.setState({ dialog: question });
    } else if (standsInPlace(command, this.state)) {
      this.store.setState({ refusal: { command, text } });
    } else {
      this.notify({ level: 'error', text, detail: null });
    }
  }

  #updateDisks(): void {
    const disks = shownDisks(this.state);
    if (this.state.presenting) this.applyLook();
    this.picture?.setDisks(
      disks.map(({ id, sizeBytes }) => ({ id, sizeBytes: sizeBytes === null ? null : BigInt(sizeBytes) })),
    );
    const { activeDisk } = this.state;
    // Until a person chooses, the first disk is in hand, whichever was found first.
    if (!this.#choseDisk || !disks.some((disk) => disk.id === activeDisk)) {
      this.#choseDisk = false;
      this.store.setState({ activeDisk: disks[0]?.id ?? null });
    }
    const { selection, enlarged } = this.state;
    const isGone = (disk: number | undefined): boolean => !disks.some(({ id }) => id === disk);
    if (selection !== null && isGone(selection.disk)) this.select(null);
    if (enlarged !== null && isGone(enlarged)) this.enlarge(null);
    this.#updateMarks();
    if (this.cursor !== null && !disks.some((disk) => disk.id === this.cursor?.disk)) this.setCursor(null);
  }

  #updateMarks(): void {
    const { session, selection, view } = this.state;
    // What is selected comes before what is pointed at: the pointer then changes nothing.
    const cursor = selection === null ? this.cursor : null;
    const before = this.#markInput;
    const past = view.mode === 'live' ? null : faultsIn(this.session.state, before.past);
    const input = { session, selection, cursor, past };
    this.#markInput = input;
    if (
      before.session === session &&
      before.selection === selection &&
      before.past === past &&
      before.cursor?.disk === cursor?.disk &&
      before.cursor?.block === cursor?.block
    ) {
      return;
    }
    const marks = marksOf(input, this.#marks);
    const same =
      marks.size === this.#marks.size && [...marks].every(([disk, list]) => this.#marks.get(disk) === list);
    if (same) return;
    this.#marks = marks;
    this.picture?.requestDraw();
  }

  #publish(): void {
    const nowMs = performance.now();
    const dueMs = this.#countersStale ? PUBLISH_MS : IDLE_PUBLISH_MS;
    if (document.visibilityState === 'hidden' || nowMs - this.#publishedMs < dueMs - 5) return;
    const { session } = this;
    const nowUs = session.shownUs();
    const standsStill = Object.is(nowUs, this.state.counters.clockUs);
    if (!this.#countersStale && standsStill) return;
    this.#publishedMs = nowMs;
    this.#countersStale = false;
    // What is coloured by age looks different as time passes.
    if (this.state.heat === 'age') this.picture?.requestDraw();
    this.#updateMarks();
    this.store.setState({
      counters: viewCounters(session.state, session.rates, nowUs, this.state.activeDisk),
      activities: viewActivities(session.state, nowUs, this.state.session?.disks ?? []),
      faultChanges: session.state.faultChanges,
      readout: this.cursor === null ? null : readOut(session.state, this.cursor, nowUs),
    });
  }

  #publishReadout(): void {
    const { session, cursor } = this;
    this.store.setState({
      readout: cursor === null ? null : readOut(session.state, cursor, session.shownUs()),
    });
  }
}
