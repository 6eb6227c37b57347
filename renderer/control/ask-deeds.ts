import type { HotRange } from '#shared/contract/questions.ts';
import { HEAT_KINDS, type HeatKind } from '#shared/model/heat.ts';
import type { DrawerTab, Selection } from '../store/app-store.ts';
import type { WindowApp } from './window-app.ts';

/** What a person asks about the past: what blocks, spans and disks went through. */

/** Shows a part of the drawer, or puts it away when it is shown already. */
export function toggleDrawer(app: WindowApp, tab: DrawerTab): void {
  if (app.state.drawer === tab) closeDrawer(app);
  else app.store.setState({ drawer: tab });
}

export function closeDrawer(app: WindowApp): void {
  app.store.setState({ drawer: null });
}

/** Gives the drawer most of the window, or a part of it again. */
export function toggleDrawerHeight(app: WindowApp): void {
  app.store.setState({ drawerTall: !app.state.drawerTall });
}

/** The blocks that a person has in hand: what is selected, else the block under the cursor; null for none. */
export function blocksInHand(app: WindowApp): Selection | null {
  const { selection } = app.state;
  if (selection !== null) return selection;
  const { cursor } = app;
  return cursor === null ? null : { disk: cursor.disk, firstBlock: cursor.block, endBlock: cursor.block + 1 };
}

/** Lists the requests on the blocks in hand; puts the list away when it shows those already. */
export function askAboutBlocks(app: WindowApp): void {
  const blocks = blocksInHand(app);
  const { drawer, askedBlocks } = app.state;
  if (drawer === 'block' && (blocks === null || isSame(blocks, askedBlocks))) closeDrawer(app);
  else app.store.setState({ drawer: 'block', askedBlocks: blocks ?? askedBlocks });
}

function isSame(a: Selection, b: Selection | null): boolean {
  return a.disk === b?.disk && a.firstBlock === b.firstBlock && a.endBlock === b.endBlock;
}

/** Goes to a range of blocks: one block is kept in hand, several are selected. */
export function goToBlocks(app: WindowApp, { disk, firstBlock, endBlock }: HotRange | Selection): void {
  if (!app.state.session?.disks.some(({ id }) => id === disk)) return;
  app.activate(disk);
  app.select(endBlock - firstBlock > 1 ? { disk, firstBlock, endBlock } : null);
  app.setCursor({ disk, block: firstBlock, sector: 0, by: 'keys', kept: true });
  app.picture?.reveal(disk, firstBlock);
}

/** Colours blocks by how often or how lately they were touched; null by what they show. */
export function setHeat(app: WindowApp, heat: HeatKind | null): void {
  app.store.setState({ heat });
  app.applyLook();
}

/** The next way to colour blocks: by state, writes, reads, age. */
export function nextHeat(app: WindowApp): void {
  const { heat } = app.state;
  setHeat(app, (heat === null ? HEAT_KINDS[0] : HEAT_KINDS[HEAT_KINDS.indexOf(heat) + 1]) ?? null);
}
