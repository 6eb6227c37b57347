import type { Backend } from '../backend.ts';
import type { MemoryAllowance } from '../memory-allowance.ts';
import type { Parameters, Plugin, PluginDisk } from '../plugins/plugin.ts';
import { findPlugin } from '../plugins/registry.ts';
import { CowFilter } from './cow-filter.ts';
import { DelayFilter } from './delay-filter.ts';
import { ErrorFilter } from './error-filter.ts';
import { FaultFilter } from './fault-filter.ts';
import { LogFilter } from './log-filter.ts';
import { ParameterError, RequestError } from './parameters.ts';
import { ReadonlyFilter } from './readonly-filter.ts';

/** A disk as it is asked for, in nbdkit's words. */
export interface DiskRequest {
  readonly plugin: string;
  /** Names of filters, the one nearest to the client first, as nbdkit's `--filter` options stand. */
  readonly filters: readonly string[];
  /** `key=value` parameters of plugin and filters, in order; nbdkit allows `64M` for `size=64M`. */
  readonly parameters: Parameters;
  /** Whether a parameter whose filter is not named adds that filter, as our short form has it. */
  readonly addFilters: boolean;
  /** Whether error, delay and readonly are put in the stack even when nothing asks for them, to be changed later. */
  readonly changeable?: boolean;
  /** Whether the plugin is to open nothing for writing. */
  readonly readOnly?: boolean;
  /** Whether the plugin may read other files than the one it is for, as `<FILE` of `data` does. */
  readonly allowFiles?: boolean;
}

/** A disk with its filters. The filters may be changed at any time. */
export interface DiskStack {
  /** What the server talks to: the outermost filter. */
  readonly backend: Backend;
  /** The disk itself, behind all filters. */
  readonly plugin: PluginDisk;
  /** What makes the disk fail at a click: outermost but for a log, which is to show what clients get. */
  readonly faults: FaultFilter;
  /** Filters of each kind, the outermost first; the same kind may be there more than once. */
  readonly filters: readonly StackFilter[];
}

export type StackFilter = DelayFilter | ErrorFilter | ReadonlyFilter | LogFilter | CowFilter;

const KINDS = {
  log: LogFilter,
  error: ErrorFilter,
  delay: DelayFilter,
  readonly: ReadonlyFilter,
  cow: CowFilter,
} as const;
export type Kind = keyof typeof KINDS;
/**
 * The order in which filters are added by their parameters: the log outermost, so that it shows injected errors, and the
 * overlay nearest to the disk that it keeps as it is.
 */
const NAMES = ['log', 'error', 'delay', 'readonly', 'cow'] as const satisfies readonly Kind[];

const CHANGEABLE: readonly Kind[] = ['error', 'delay', 'readonly'];

/** The filter that has this parameter, if any has. */
export function filterTaking(key: string): Kind | null {
  return NAMES.find((name) => KINDS[name].takes(key)) ?? null;
}

/** The name of a filter. */
export function kindOf(filter: StackFilter): Kind {
  if (filter instanceof LogFilter) return 'log';
  if (filter instanceof ErrorFilter) return 'error';
  if (filter instanceof CowFilter) return 'cow';
  return filter instanceof DelayFilter ? 'delay' : 'readonly';
}

function isKind(name: string): name is Kind {
  return Object.hasOwn(KINDS, name);
}

/**
 * Builds a disk from nbdkit's words. Every filter takes the parameters it knows; where two of a kind stand in the stack
 * both take them, as in nbdkit.
 * @throws RequestError, telling what was refused, when a name or value will not do; Error when a file cannot be opened.
 */
export async function buildDisk(request: DiskRequest, allowance: MemoryAllowance): Promise<DiskStack> {
  const plugin = findPlugin(request.plugin);
  const asked = filterNames(request);
  const own = pluginParameters(request, plugin, asked);
  const names = request.changeable === true ? withChangeable(asked, request.addFilters) : asked;
  const disk = await plugin.create(own, {
    allowance,
    readOnly: request.readOnly === true,
    allowFiles: request.allowFiles === true,
  });
  try {
    const place = names.indexOf('log') + 1;
    const inner = stackUp(names.slice(place), disk.backend, request, asked, allowance);
    const faults = new FaultFilter(inner[0] ?? disk.backend);
    const outer = stackUp(names.slice(0, place), faults, request, asked, allowance);
    return { backend: outer[0] ?? faults, plugin: disk, faults, filters: [...outer, ...inner] };
  } catch (error) {
    await disk.backend.dispose();
    throw error;
  }
}

/** Puts filters in front of a backend; the outermost comes first, as its name does. */
function stackUp(
  names: readonly Kind[],
  backend: Backend,
  request: DiskRequest,
  asked: readonly Kind[],
  allowance: MemoryAllowance,
): StackFilter[] {
  const filters: StackFilter[] = [];
  for (const name of names.toReversed()) {
    const next = filters[0] ?? backend;
    const filter = name === 'cow' ? new CowFilter(next, allowance) : new KINDS[name](next);
    for (const [key, value] of request.parameters) {
      if (KINDS[name].takes(key)) filter.configure(key, value);
    }
    if (filter instanceof LogFilter) filter.ready();
    if (filter instanceof ReadonlyFilter && !asked.includes(name)) filter.enabled = false;
    filters.unshift(filter);
  }
  return filters;
}

function filterNames(request: DiskRequest): Kind[] {
  const names: Kind[] = [];
  for (const name of request.filters) {
    if (!isKind(name)) throw new RequestError(`unknown filter "${name}"; there are ${NAMES.join(', ')}`);
    names.push(name);
  }
  if (!request.addFilters) return names;
  const added = NAMES.filter(
    (name) => !names.includes(name) && request.parameters.some(([key]) => KINDS[name].takes(key)),
  );
  return [...added, ...names];
}

/** What is not asked for stands where its parameter would have put it, or, with filters named, nearest to the disk. */
function withChangeable(asked: readonly Kind[], addFilters: boolean): Kind[] {
  const missing = CHANGEABLE.filter((name) => !asked.includes(name));
  if (!addFilters) return [...asked, ...missing];
  return NAMES.flatMap((name) => {
    const named = asked.filter((other) => other === name);
    return missing.includes(name) ? [name] : named;
  });
}

/** What is the plugin's own; every other key must belong to a filter in the stack. */
function pluginParameters(request: DiskRequest, plugin: Plugin, names: readonly Kind[]): Parameters {
  const own = request.parameters.filter(([key]) => !names.some((name) => KINDS[name].takes(key)));
  for (const [key, value] of own) {
    if (plugin.takes(key)) continue;
    const owner = filterTaking(key);
    throw new ParameterError(
      key,
      value,
      owner === null
        ? `neither the ${plugin.name} plugin nor a filter has this parameter`
        : `this parameter belongs to the ${owner} filter: add --filter=${owner}`,
    );
  }
  return own;
}
