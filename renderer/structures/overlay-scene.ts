/** What lies over one panel, worked out from its view and what is known: everything that a drawing of it follows from. */
import { STRUCTURE_KINDS } from '#shared/structures/structure.ts';
import type { Panel } from '../grid/grid-renderer.ts';
import { windowAround } from '../grid/panel-cells.ts';
import { planeOf } from '../grid/plane.ts';
import type { StructureFamily } from './kind-look.ts';
import { RegionField } from './region-field.ts';
import { type LabelMetrics, labelsOf, type RegionLabel } from './region-labels.ts';
import { bandsOf, familiesIn, outlinesOf, type RegionShape, tintsOf } from './region-shapes.ts';
import type { Regions } from './regions.ts';

/** Blocks [firstBlock, endBlock) of a disk. */
export interface BlockStretch {
  readonly firstBlock: number;
  readonly endBlock: number;
}

/** In device px of the panel. */
export interface OverlayScene {
  readonly tints: readonly RegionShape[];
  readonly outlines: readonly RegionShape[];
  readonly labels: readonly RegionLabel[];
  /** Blocks that are lit up, and the lines around them. */
  readonly picked: readonly RegionShape[];
  readonly pickedOutlines: readonly RegionShape[];
  readonly families: ReadonlySet<StructureFamily>;
}

/** The place of a panel, without what happens in it. */
export type OverlayPanel = Pick<
  Panel,
  'disk' | 'sizeBytes' | 'view' | 'widthPx' | 'heightPx' | 'xPx' | 'yPx'
>;

/**
 * @param regions null shows none.
 * @param picked blocks to be lit up, ascending.
 */
export function overlayScene(
  panel: OverlayPanel,
  regions: Regions | null,
  picked: readonly BlockStretch[],
  metrics: Omit<LabelMetrics, 'widthPx' | 'heightPx'>,
): OverlayScene {
  const { view, sizeBytes, widthPx, heightPx } = panel;
  const window = windowAround(panel, planeOf(sizeBytes, view), 0);
  const scene = { ...NOTHING_OVER };
  if (regions !== null) {
    const field = new RegionField(sizeBytes, view, window, regions);
    const bands = bandsOf(field);
    scene.tints = tintsOf(field, bands, view);
    scene.outlines = outlinesOf(field, view);
    scene.labels = labelsOf(field, bands, view, { ...metrics, widthPx, heightPx });
    scene.families = familiesIn(field, bands);
  }
  if (picked.length > 0) {
    const field = new RegionField(sizeBytes, view, window, asRegions(picked));
    scene.picked = tintsOf(field, bandsOf(field), view);
    scene.pickedOutlines = outlinesOf(field, view);
  }
  return scene;
}

const NOTHING_OVER: { -readonly [K in keyof OverlayScene]: OverlayScene[K] } = {
  tints: [],
  outlines: [],
  labels: [],
  picked: [],
  pickedOutlines: [],
  families: new Set<StructureFamily>(),
};

/** What is lit up as regions of one name, so that it is outlined as a whole. */
function asRegions(picked: readonly BlockStretch[]): Regions {
  return {
    firstBlock: Float64Array.from(picked, ({ firstBlock }) => firstBlock),
    endBlock: Float64Array.from(picked, ({ endBlock }) => endBlock),
    kind: new Uint8Array(picked.length).fill(STRUCTURE_KINDS.indexOf('superblock')),
    name: new Uint32Array(picked.length),
    names: [''],
    isCoarse: false,
    version: 0,
  };
}
