import { MAX_SIZE_BYTES, parseSize } from '#shared/bytes/size.ts';
import type { Backend } from '../backend.ts';
import type { MemoryAllowance } from '../memory-allowance.ts';
import { MemoryBackend } from '../memory-backend.ts';
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
  readonly parameters: readonly (readonly [key: string, value: string])[];
  /** Whether a parameter whose filter is not named adds that filter, as our short form has it. */
  readonly addFilters: boolean;
  /** Whether error, delay and readonly are put in the stack even when nothing asks for them, to be changed later. */
  readonly changeable?: boolean;
}

/** A disk with its filters. The filters may be changed at any time. */
export interface DiskStack {
  /** What the server talks to: the outermost filter. */
  readonly backend: Backend;
  readonly memory: MemoryBackend;
  /** What makes the disk fail at a click: outermost but for a log, which is to show what clients get. */
  readonly faults: FaultFilter;
  /** Filters of each kind, the outermost first; the same kind may be there more than once. */
  readonly filters: readonly StackFilter[];
}

export type StackFilter = DelayFilter | ErrorFilter | ReadonlyFilter | LogFilter;

const KINDS = { log: LogFilter, error: ErrorFilter, delay: DelayFilter, readonly: ReadonlyFilter } as const;
export type Kind = keyof typeof KINDS;
/** The order in which filters are added by their parameters: the log outermost, so that it shows injected errors. */
const NAMES = ['log', 'error', 'delay', 'readonly'] as const satisfies readonly Kind[];

const CHANGEABLE: readonly Kind[] = ['error', 'delay', 'readonly'];

/** The filter that has this parameter, if any has. */
export function filterTaking(key: string): Kind | null {
  return NAMES.find((name) => KINDS[name].takes(key)) ?? null;
}

/** The name of a filter. */
export function kindOf(filter: StackFilter): Kind {
  if (filter instanceof LogFilter) return 'log';
  if (filter instanceof ErrorFilter) return 'error';
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
export function buildDisk(request: DiskRequest, allowance: MemoryAllowance): DiskStack {
  if (request.plugin !== 'memory')
    throw new RequestError(`unknown plugin "${request.plugin}"; there is memory`);
  const asked = filterNames(request);
  const sizeBytes = readPluginParameters(request, asked);
  const names = request.changeable === true ? withChangeable(asked, request.addFilters) : asked;
  const memory = new MemoryBackend(sizeBytes, allowance);
  const place = names.indexOf('log') + 1;
  const inner = stackUp(names.slice(place), memory, request, asked);
  const faults = new FaultFilter(inner[0] ?? memory);
  const outer = stackUp(names.slice(0, place), faults, request, asked);
  return { backend: outer[0] ?? faults, memory, faults, filters: [...outer, ...inner] };
}

/** Puts filters in front of a backend; the outermost comes first, as its name does. */
function stackUp(
  names: readonly Kind[],
  backend: Backend,
  request: DiskRequest,
  asked: readonly Kind[],
): StackFilter[] {
  const filters: StackFilter[] = [];
  for (const name of names.toReversed()) {
    const filter: StackFilter = new KINDS[name](filters[0] ?? backend);
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

/** The size; every other key must belong to a filter in the stack. */
function readPluginParameters(request: DiskRequest, names: readonly Kind[]): bigint {
  let sizeBytes: bigint | null = null;
  for (const [key, value] of request.parameters) {
    if (key === 'size') {
      const size = parseSize(value);
      if ('error' in size) throw new ParameterError(key, value, size.error);
      if (sizeBytes !== null) throw new ParameterError(key, value, 'the size is given already; give it once');
      sizeBytes = size.bytes;
    } else if (!names.some((name) => KINDS[name].takes(key))) {
      const owner = filterTaking(key);
      throw new ParameterError(
        key,
        value,
        owner === null
          ? 'neither the memory plugin nor a filter has this parameter'
          : `this parameter belongs to the ${owner} filter: add --filter=${owner}`,
      );
    }
  }
  if (sizeBytes === null)
    throw new RequestError(`memory needs size=SIZE, as in size=64M; at most ${MAX_SIZE_BYTES}`);
  return sizeBytes;
}
