import { type FaultRule, MAX_FAULT_RULES } from '#shared/contract/faults.ts';
import type { DiskInfo } from '#shared/contract/messages.ts';
import { draftOf, NEW_RULE, type RuleDraft, readRule } from '../words/rule-form.ts';
import type { WindowApp } from './window-app.ts';

/** What a person can do to make a disk fail, and to let it work again. */

/** A switch that was asked to move and has not moved after this long shows how it stands again. */
const PATIENCE_MS = 5_000;

function diskOf(app: WindowApp, disk: number): DiskInfo | null {
  return app.state.session?.disks.find((candidate) => candidate.id === disk) ?? null;
}

/** Moves a disk's Error switch; asks first where that removes a file that is not nbdscope's own. */
export function turnError(app: WindowApp, disk: number, on: boolean): void {
  const errorSwitch = diskOf(app, disk)?.faults.errorSwitch ?? null;
  if (errorSwitch === null) return;
  if (!on && errorSwitch.foreign) app.store.setState({ dialog: 'removeErrorFile', askingAbout: disk });
  else sendError(app, disk, on, false);
}

/** Removes a file that nbdscope did not make; a person has been asked. */
export function removeForeignFile(app: WindowApp, disk: number): void {
  app.store.setState({ dialog: null, askingAbout: null });
  sendError(app, disk, false, true);
}

export function toggleErrorInHand(app: WindowApp): void {
  const disk = app.diskInHand();
  const errorSwitch = disk?.faults.errorSwitch ?? null;
  if (disk === null) return;
  if (errorSwitch !== null) turnError(app, disk.id, !errorSwitch.on);
  else app.notify({ level: 'info', text: `${disk.name} cannot be made to fail from here`, detail: null });
}

function sendError(app: WindowApp, disk: number, on: boolean, removeForeign: boolean): void {
  app.store.setState(({ askedErrors }) => ({ askedErrors: new Map(askedErrors).set(disk, on) }));
  app.send({ command: 'setDiskError', disk, on, removeForeign });
  setTimeout(() => forgetAsked(app, disk), PATIENCE_MS);
}

function forgetAsked(app: WindowApp, disk: number): void {
  const left = new Map(app.state.askedErrors);
  if (left.delete(disk)) app.store.setState({ askedErrors: left });
}

/** Asks which file makes the error filter behind a log fail. */
export function askForErrorFile(app: WindowApp, disk: number): void {
  app.store.setState({ dialog: 'errorFile', askingAbout: disk, refusal: null });
}

/** Puts rules in the place of those that the disk has. */
export function setRules(app: WindowApp, disk: number, rules: readonly FaultRule[]): void {
  app.store.setState(({ askedRules }) => ({ askedRules: new Map(askedRules).set(disk, rules) }));
  app.send({ command: 'setFaultRules', disk, rules: [...rules] });
  setTimeout(() => forgetRules(app, disk, rules), PATIENCE_MS);
}

function forgetRules(app: WindowApp, disk: number, rules: readonly FaultRule[]): void {
  if (app.state.askedRules.get(disk) !== rules) return;
  const left = new Map(app.state.askedRules);
  left.delete(disk);
  app.store.setState({ askedRules: left });
}

/** The rules that a disk has, or is about to have: two changes in quick succession both hold. */
export function rulesOf(app: WindowApp, disk: number): readonly FaultRule[] {
  return app.state.askedRules.get(disk) ?? diskOf(app, disk)?.faults.rules.map(({ rule }) => rule) ?? [];
}

/** Adds rules behind those that the disk has, as far as it takes them. */
export function addRules(app: WindowApp, disk: number, added: readonly FaultRule[]): void {
  const rules = [...rulesOf(app, disk), ...added];
  if (rules.length <= MAX_FAULT_RULES) setRules(app, disk, rules);
  else {
    app.notify({
      level: 'warning',
      text: `A disk takes at most ${MAX_FAULT_RULES} rules: remove some first`,
      detail: null,
    });
  }
}

/** Turns a rule on or off; a freeze that is turned off lets go what it holds. */
export function turnRule(app: WindowApp, disk: number, index: number, on: boolean): void {
  const rules = rulesOf(app, disk);
  setRules(
    app,
    disk,
    rules.map((rule, i) => (i === index ? { ...rule, on } : rule)),
  );
}

export function removeRule(app: WindowApp, disk: number, index: number): void {
  const { ruleEdit } = app.state;
  if (ruleEdit?.disk === disk && ruleEdit.index !== null) app.store.setState({ ruleEdit: null });
  setRules(app, disk, rulesOf(app, disk).toSpliced(index, 1));
}

/** Turns off every rule of the disk in hand that holds requests back. */
export function releaseInHand(app: WindowApp): void {
  const disk = app.diskInHand();
  if (disk === null) return;
  const rules = rulesOf(app, disk.id);
  const held = rules.map((rule) => (rule.action.do === 'freeze' ? { ...rule, on: false } : rule));
  setRules(app, disk.id, held);
}

/** Opens the form for a new rule, or for the one at `index`. */
export function editRule(app: WindowApp, disk: number, index: number | null): void {
  const rule = index === null ? undefined : rulesOf(app, disk)[index];
  const draft = rule === undefined ? NEW_RULE : draftOf(rule);
  app.store.setState({ ruleEdit: { disk, index, draft }, faultsOpen: true, refusal: null });
}

export function changeDraft(app: WindowApp, change: Partial<RuleDraft>): void {
  const { ruleEdit } = app.state;
  if (ruleEdit !== null) {
    app.store.setState({ ruleEdit: { ...ruleEdit, draft: { ...ruleEdit.draft, ...change } } });
  }
}

export function closeDraft(app: WindowApp): void {
  app.store.setState({ ruleEdit: null });
}

/** Takes the rule in the form into force, if everything in it is right. */
export function keepDraft(app: WindowApp): void {
  const { ruleEdit } = app.state;
  if (ruleEdit === null) return;
  const size = diskOf(app, ruleEdit.disk)?.sizeBytes ?? null;
  const read = readRule(ruleEdit.draft, size === null ? null : BigInt(size));
  if ('errors' in read) return;
  closeDraft(app);
  if (ruleEdit.index === null) addRules(app, ruleEdit.disk, [read.rule]);
  else setRules(app, ruleEdit.disk, rulesOf(app, ruleEdit.disk).toSpliced(ruleEdit.index, 1, read.rule));
}
