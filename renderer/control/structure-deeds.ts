import type { AccountSentence, StructureAtAnswer, StructureLine } from '#shared/contract/structures.ts';
import { blocksInHand } from './ask-deeds.ts';
import { structuresOf } from './structure-control.ts';
import type { WindowApp } from './window-app.ts';

/** What a person can do about what lies on the disks. */

/** Shows outlines, tints and names over the grids, or takes them away. */
export function toggleStructures(app: WindowApp): void {
  app.prefer({ structuresOn: !app.state.structuresOn });
}

/** Lights up a structure's blocks and marks its requests on the timeline; the same again lets it go. */
export function pickStructure(app: WindowApp, { disk, path, name }: StructureLine, keep = false): void {
  const { picked } = app.state.picked;
  const isSame = picked?.disk === disk && picked.path === path;
  const { structures } = app;
  structures.picked.pick(isSame && !keep ? null : { disk, path, name }, structures.sequence);
  structures.tree.look(disk, path);
  app.activate(disk);
}

/** Picks what the block in hand belongs to: the innermost, again the one around it, and so on outwards. */
export async function pickFromBlock(app: WindowApp): Promise<void> {
  const blocks = blocksInHand(app);
  if (blocks === null) return;
  const { disk, firstBlock: block } = blocks;
  const atSequence = app.structures.sequence;
  const asked = { about: 'structureAt' as const, disk, block, atSequence };
  const answer = await app.session.ask(asked).catch((error: unknown) => {
    app.notify({
      level: 'warning',
      text: error instanceof Error ? error.message : String(error),
      detail: null,
    });
    return null;
  });
  if (answer === null) return;
  const { chains } = answer.json as StructureAtAnswer;
  const [chain] = chains;
  if (chain === undefined || chain.chain.length === 0) {
    const text = `Nothing is known of block ${block.toLocaleString('en')}.`;
    app.notify({ level: 'info', text, detail: null });
    return;
  }
  const { picked } = app.state.picked;
  const at = chain.chain.findIndex((line) => line.disk === picked?.disk && line.path === picked.path);
  const line = chain.chain.at(at > 0 ? at - 1 : -1);
  if (line === undefined) return;
  app.structures.tree.reveal(line.disk, line.path);
  pickStructure(app, line, true);
}

/** Brings the first block of what is picked into sight, on the disk it is on. */
export function showPicked(app: WindowApp): void {
  const [place] = app.state.picked.places;
  const [disk, stretches] = place ?? [null, []];
  const first = stretches[0]?.firstBlock;
  if (disk === null || first === undefined) return;
  app.activate(disk);
  app.setCursor({ disk, block: first, sector: 0, by: 'keys', kept: true });
  app.picture?.reveal(disk, first);
}

/** Lists the requests on the first stretch of what is picked. */
export function listPicked(app: WindowApp): void {
  const [place] = app.state.picked.places;
  const [disk, stretches] = place ?? [null, []];
  const first = stretches[0];
  if (disk === null || first === undefined) return;
  app.activate(disk);
  app.select({ disk, ...first });
  app.store.setState({ drawer: 'block', askedBlocks: { disk, ...first } });
}

/** Goes to the first of the requests that a sentence tells of, and lights up what they touched. */
export function showSentence(app: WindowApp, { disk, path, fromSequence, text }: AccountSentence): void {
  app.time.seek({ sequence: fromSequence });
  app.activate(disk);
  if (path !== null) pickStructure(app, { disk, path, name: text, kind: 'disk' }, true);
}

/** Looks at the time of a sentence alone. */
export function selectSentence(app: WindowApp, { fromUs, toUs }: AccountSentence): void {
  app.time.setSpan({ fromUs, toUs: Math.max(toUs, fromUs + 1) });
}

/** Has what lies on the disk in hand read, or not any more. */
export function toggleExplain(app: WindowApp): void {
  const { activeDisk } = app.state;
  const known = structuresOf(app.state, activeDisk);
  if (activeDisk === null || known === null) return;
  app.send({ command: 'explainDisk', disk: activeDisk, on: known.state === 'off' });
}

/** Asks where the bytes of the disk in hand can be read. */
export function askForImage(app: WindowApp): void {
  app.store.setState({ dialog: 'diskImage', askingAbout: app.state.activeDisk, refusal: null });
}

/** Opens the tree beside the picture and gives it the keyboard; puts it away when it is open. */
export function toggleTree(app: WindowApp): void {
  if (app.state.treeOpen) {
    closeTree(app);
    return;
  }
  app.prefer({ treeOpen: true });
  // They are in the page once the panel has been drawn; the tree only when there is something to be in it.
  requestAnimationFrame(() => {
    const place =
      document.querySelector<HTMLElement>('[data-structure-tree]') ??
      document.querySelector<HTMLElement>('[data-structure-panel]');
    place?.focus();
  });
}

/** Puts the tree away; the keyboard, where it was in there, is the grid's again. */
export function closeTree(app: WindowApp): void {
  const hadFocus = document.activeElement?.closest('.structure-panel') != null;
  app.prefer({ treeOpen: false });
  const { activeDisk } = app.state;
  if (hadFocus && activeDisk !== null) app.picture?.focusGrid(activeDisk);
}
