import { useEffect, useRef, useState } from 'react';
import type { RequestName, RequestNamesAnswer } from '#shared/contract/structures.ts';
import { MAX_NAMED_REQUESTS } from '#shared/contract/structures.ts';
import { useApp, useAppState } from './app-context.ts';

/** A request that may have touched something with a name. */
export interface NamedRequest {
  readonly disk: number;
  readonly sequence: number;
  readonly op: number;
  readonly offsetBytes: bigint;
  readonly lengthBytes: bigint;
}

/** Names are asked for no oftener, ms: lists scroll and grow faster than anybody reads. */
const ASK_MS = 150;
/** Names that are kept. */
const MOST_KEPT = 20_000;

interface NamesOfHistory {
  readonly history: string;
  readonly names: ReadonlyMap<number, RequestName | null>;
}

/**
 * What requests touched, by sequence number, as far as that is known: those in sight are asked for. Null stands for one of which
 * nothing is known. Names are looked up anew when more becomes known of the disks.
 */
export function useRequestNames(requests: readonly NamedRequest[]): ReadonlyMap<number, RequestName | null> {
  const app = useApp();
  const known = useAppState((state) =>
    (state.session?.structures ?? [])
      .filter(({ version }) => version > 0)
      .map(({ disk, version }) => `${disk}=${version}`)
      .join(' '),
  );
  const link = useAppState((state) => state.link);
  // Another history has other requests by the same numbers.
  const history = useAppState((state) => state.session?.history.id ?? '');
  const [named, setNamed] = useState<NamesOfHistory>({ history, names: NO_NAMES });
  const latest = useRef({ requests, known, history });
  latest.current = { requests, known, history };
  /** What was known when a request's name was asked for last. */
  const askedBy = useRef(new Map<number, string>());
  /** Of which history that was, by which link. */
  const askedOf = useRef('');
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);

  useEffect(() => {
    // What was asked before may never have come, or was about other requests.
    if (askedOf.current !== `${history} ${link}`) askedBy.current.clear();
    askedOf.current = `${history} ${link}`;
    if (known === '' || link !== 'open' || timer.current !== null) return;
    const isNew = requests.some(({ sequence }) => askedBy.current.get(sequence) !== known);
    if (!isNew) return;
    timer.current = setTimeout(() => {
      timer.current = null;
      const now = latest.current;
      const wanted = now.requests
        .filter(({ sequence }) => askedBy.current.get(sequence) !== now.known)
        .slice(0, MAX_NAMED_REQUESTS);
      for (const { sequence } of wanted) askedBy.current.set(sequence, now.known);
      if (askedBy.current.size > MOST_KEPT) askedBy.current.clear();
      const asked = wanted.map(({ offsetBytes, lengthBytes, ...rest }) => ({
        ...rest,
        offsetBytes: String(offsetBytes),
        lengthBytes: String(lengthBytes),
      }));
      app.session.ask({ about: 'requestNames', requests: asked }).then(
        (answer) => {
          const found = (answer.json as RequestNamesAnswer).names;
          if (latest.current.history !== now.history) return;
          setNamed((before) => {
            const isKept = before.history === now.history && before.names.size <= MOST_KEPT;
            const names = new Map(isKept ? before.names : []);
            for (const [i, { sequence }] of wanted.entries()) names.set(sequence, found[i] ?? null);
            return { history: now.history, names };
          });
        },
        () => {
          // Without a name a request is listed by its place, as it was before.
        },
      );
    }, ASK_MS);
  });
  useEffect(
    () => () => {
      if (timer.current !== null) clearTimeout(timer.current);
    },
    [],
  );
  return known === '' || named.history !== history ? NO_NAMES : named.names;
}

const NO_NAMES: ReadonlyMap<number, RequestName | null> = new Map();
