import { createStore, type StoreApi } from 'zustand/vanilla';
import { captionAt } from '#shared/captions/captions-file.ts';
import type { FaultRule } from '#shared/contract/faults.ts';
import type { DiskInfo, SessionInfo } from '#shared/contract/messages.ts';
import { LIVE_VIEW, type Mark, type Span, type View } from '#shared/contract/time.ts';
import type { FaultChangeEntry } from '#shared/model/fault-history.ts';
import type { HeatKind } from '#shared/model/heat.ts';
import type { ThemeName } from '#shared/theme/theme.ts';
import { ALL_LAYERS, type LayerFilter } from '../grid/grid-renderer.ts';
import type { CellOrder } from '../grid/plane.ts';
import type { PanelTile } from '../picture/picture.ts';
import type { LinkState } from '../session/window-session.ts';
import type { StructureFamily } from '../structures/kind-look.ts';
import { NOTHING_PICKED, type PickedState } from '../structures/picked-structure.ts';
import type { MomentReadout } from '../timeline/moment-readout.ts';
import { alignedWords, type CompareForm } from '../words/compare-form.ts';
import type { RuleDraft } from '../words/rule-form.ts';
import type { Zone } from '../words/zone.ts';
import type { DiskActivity } from './activity.ts';
import { type CountersView, type DiskCountersView, NO_COUNTERS } from './counters.ts';
import type { FilmWork } from './film-state.ts';
import type { Preferences, ThemeChoice, TimelineOf } from './preferences.ts';
import type { Readout } from './readout.ts';

/** A notice of the window's own, beside those of the session. */
export interface LocalNotice {
  readonly id: number;
  readonly level: 'info' | 'warning' | 'error';
  readonly text: string;
  readonly detail: string | null;
  /** Offers a field for the path of a file that was opened as a copy. */
  readonly askPathFor: string | null;
}

export type DialogName =
  | 'help'
  | 'palette'
  | 'goTo'
  | 'goToTime'
  | 'open'
  | 'openSet'
  | 'compare'
  | 'host'
  | 'hostSet'
  | 'stopHost'
  | 'stopSet'
  | 'arrays'
  | 'errorFile'
  | 'removeErrorFile'
  | 'nbdkit'
  | 'saveHost'
  | 'saveAndStopHost'
  | 'copyHost'
  | 'commitOverlay'
  | 'discardOverlay'
  | 'record'
  | 'saveCapture'
  | 'exportRequests'
  | 'exportPicture'
  | 'exportFilm'
  | 'diskImage';

/** A panel that is dragged by its header, and where it would come to stand. */
export interface PanelDrag {
  readonly disk: number;
  /** The panel under the pointer: the dragged one takes its place; null for none. */
  readonly over: number | null;
}

/** A fault rule in its form, while a person is at it. */
export interface RuleEdit {
  readonly disk: number;
  /** Its place among the disk's rules; null for a new one. */
  readonly index: number | null;
  readonly draft: RuleDraft;
}

/** A range of a disk's blocks that a person selected; `endBlock` is exclusive. */
export interface Selection {
  readonly disk: number;
  readonly firstBlock: number;
  readonly endBlock: number;
}

/** A moment of the timeline and, where that is known, what happened about it. */
export interface PointedMoment {
  readonly us: number;
  readonly readout: MomentReadout | null;
}

/** What the drawer above the timeline can show: answers to questions about the past. */
export const DRAWER_TABS = ['block', 'span', 'latency', 'seek'] as const;
export type DrawerTab = (typeof DRAWER_TABS)[number];

/** What the engine refused, beside the command that it refused. */
export interface Refusal {
  readonly command: string;
  readonly text: string;
}

/** A size of the window's contents, CSS px. */
export interface FrameSize {
  readonly widthPx: number;
  readonly heightPx: number;
}

/** Which kinds of structures are in view, and whether neighbours are told as one for want of room. */
export interface StructureLegendState {
  readonly families: readonly StructureFamily[];
  readonly isCoarse: boolean;
}

/** A moment that was marked, while a person names it. */
export interface Marking {
  readonly us: number;
  /** What it is called if they do not. */
  readonly name: string;
}

/** A mark that was removed and can be had back, as long as the history it belongs to is open. */
export interface RemovedMark {
  readonly mark: Mark;
  /** Where that history begins. */
  readonly firstUs: number | null;
}

/** All that React shows. Counters and readout change at most ten times a second; no event ever comes here. */
export interface AppState {
  readonly link: LinkState;
  readonly version: string;
  readonly host: 'web' | 'electron' | null;
  /** The version of the engine's nbdkit; null where none is installed. */
  readonly nbdkit: string | null;
  /** Its disks stand in the order of their panels. */
  readonly session: SessionInfo | null;
  /** Where this window stands in time. */
  readonly view: View;
  /** The stretch of time that is looked at alone, as it is being selected; null for none. */
  readonly span: Span | null;
  /** Where a span that is being chosen by keys begins or ends; null while none is. */
  readonly spanEdgeUs: number | null;
  /** Dragging over the timeline selects a span, without Shift. */
  readonly selectsSpan: boolean;
  /** The moment of the timeline under the pointer; null while there is none. */
  readonly pointedMoment: PointedMoment | null;
  /** Why the timeline cannot be drawn; null when it can. */
  readonly timelineTrouble: string | null;
  readonly timelineOf: TimelineOf;
  /** Whose clock times are told by. */
  readonly zone: Zone;
  readonly counters: CountersView;
  readonly readout: Readout | null;
  /** What each disk is doing, by its number. */
  readonly activities: ReadonlyMap<number, DiskActivity>;
  readonly tiles: readonly PanelTile[];
  /** Disks in the order a person gave them; others follow as they came. */
  readonly order: readonly number[];
  /** Disks without a panel. */
  readonly hidden: readonly number[];
  readonly drag: PanelDrag | null;
  /** The disk whose name is being written. */
  readonly renaming: number | null;
  /** The disk that the side panel speaks of; null before there is one. */
  readonly activeDisk: number | null;
  /** The disk whose panel has the whole area; null while every disk has its place. */
  readonly enlarged: number | null;
  readonly selection: Selection | null;
  readonly paused: boolean;
  /** Requests recorded since the picture was paused. */
  readonly missedRequests: number;
  readonly filter: LayerFilter;
  /** Blocks are coloured by how often or how lately they were touched; null for what they show. */
  readonly heat: HeatKind | null;
  /** Outlines, tints and names of what lies on the disks are shown over the grids. */
  readonly structuresOn: boolean;
  readonly structureLegend: StructureLegendState;
  /** The tree of what lies on the disks stands beside the picture. */
  readonly treeOpen: boolean;
  /** What is picked of that, in the tree or on a grid. */
  readonly picked: PickedState;
  readonly structuresOpen: boolean;
  /** What the drawer shows; null while it is closed. */
  readonly drawer: DrawerTab | null;
  /** The drawer has most of the window. */
  readonly drawerTall: boolean;
  /** The blocks whose requests the drawer lists; null before any were asked about. */
  readonly askedBlocks: Selection | null;
  /** Which way disks go over their grids. */
  readonly layout: CellOrder;
  readonly cellShift: number;
  /** Cells in a row; null lets the disk's size choose. */
  readonly rowCells: number | null;
  readonly theme: ThemeChoice;
  /** The theme that the choice has come to. */
  readonly shownTheme: ThemeName;
  readonly sideOpen: boolean;
  /** The window is too narrow for a side panel beside the picture. */
  readonly narrow: boolean;
  /** In a narrow window: the side panel lies over the picture. */
  readonly sideOver: boolean;
  readonly footerOpen: boolean;
  readonly hintOpen: boolean;
  readonly dialog: DialogName | null;
  /** The two recordings that were compared last, as they were asked for; null before any were. */
  readonly compared: CompareForm | null;
  /** The source of the hosted disk that a dialog speaks of. */
  readonly asked: number | null;
  /** The disk or set that the dialog is about, where that need not be the one in hand. */
  readonly askingAbout: number | null;
  /** Error switches that were asked to move and have not yet, by disk. */
  readonly askedErrors: ReadonlyMap<number, boolean>;
  /** Fault rules that were sent and are not in force yet, by disk: the next change builds on them. */
  readonly askedRules: ReadonlyMap<number, readonly FaultRule[]>;
  /** Latest changes of what makes disks fail, the oldest first. */
  readonly faultChanges: readonly FaultChangeEntry[];
  readonly faultsOpen: boolean;
  readonly ruleEdit: RuleEdit | null;
  /** Before an audience: the picture and the words that belong to it, nothing else. */
  readonly presenting: boolean;
  /** Presenting: the screen is black. */
  readonly blanked: boolean;
  /** Presenting: a ring follows the pointer. */
  readonly pointerRing: boolean;
  readonly presenterTheme: ThemeChoice;
  /** The size that the contents keep, whatever the window's; null for the window's. */
  readonly frame: FrameSize | null;
  readonly marking: Marking | null;
  /** The mark whose words and time are being written. */
  readonly markEdit: number | null;
  readonly removedMark: RemovedMark | null;
  readonly marksOpen: boolean;
  readonly refusal: Refusal | null;
  /** The film that is being made; null while none is. */
  readonly film: FilmWork | null;
  readonly notices: readonly LocalNotice[];
}

/** Whether the side panel is to be seen. */
export function showsSide(state: AppState): boolean {
  return state.narrow ? state.sideOver : state.sideOpen;
}

/** Whether there is a past to look at. */
export function hasPast(state: AppState): boolean {
  return state.session !== null && state.session.history.firstUs !== null;
}

/** The words that belong to the moment shown; null for none. */
export function shownCaption(state: AppState): string | null {
  return captionAt(state.session?.history.marks ?? [], state.counters.clockUs);
}

/** How far the moment shown is from where two compared recordings coincide, in words; null while none are compared. */
export function shownAligned({ session, counters }: AppState): string | null {
  return session === null ? null : alignedWords(counters.clockUs, session.history);
}

/** The counters of the disk in hand, once it has shown something. */
export function countersInHand(state: AppState): DiskCountersView | undefined {
  return state.activeDisk === null ? undefined : state.counters.disks.get(state.activeDisk);
}

/** The disk in hand; null before there is one. */
export function diskInHand(state: AppState): DiskInfo | null {
  return state.session?.disks.find((disk) => disk.id === state.activeDisk) ?? null;
}

export type AppStore = StoreApi<AppState>;

export function createAppStore(preferences: Preferences): AppStore {
  return createStore<AppState>(() => ({
    link: 'connecting',
    version: '',
    host: null,
    nbdkit: null,
    session: null,
    view: LIVE_VIEW,
    span: null,
    spanEdgeUs: null,
    selectsSpan: false,
    pointedMoment: null,
    timelineTrouble: null,
    timelineOf: preferences.timelineOf,
    zone: preferences.zone,
    counters: NO_COUNTERS,
    readout: null,
    activities: new Map(),
    tiles: [],
    order: [],
    hidden: [],
    drag: null,
    renaming: null,
    activeDisk: null,
    enlarged: null,
    selection: null,
    paused: false,
    missedRequests: 0,
    filter: ALL_LAYERS,
    heat: null,
    structuresOn: preferences.structuresOn,
    treeOpen: preferences.treeOpen,
    structureLegend: { families: [], isCoarse: false },
    picked: NOTHING_PICKED,
    structuresOpen: true,
    drawer: null,
    drawerTall: false,
    askedBlocks: null,
    layout: preferences.layout,
    cellShift: 12,
    rowCells: null,
    theme: preferences.theme,
    shownTheme: 'dark',
    sideOpen: preferences.sideOpen,
    narrow: false,
    sideOver: false,
    footerOpen: preferences.footerOpen,
    hintOpen: preferences.hintOpen,
    dialog: null,
    compared: null,
    asked: null,
    askingAbout: null,
    askedErrors: new Map(),
    askedRules: new Map(),
    faultChanges: [],
    faultsOpen: true,
    ruleEdit: null,
    presenting: false,
    blanked: false,
    pointerRing: preferences.pointerRing,
    presenterTheme: preferences.presenterTheme,
    frame: null,
    marking: null,
    markEdit: null,
    removedMark: null,
    marksOpen: true,
    refusal: null,
    film: null,
    notices: [],
  }));
}
