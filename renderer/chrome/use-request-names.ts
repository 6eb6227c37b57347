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
  const [names, setNames] = useState<ReadonlyMap<number, RequestName | null>>(NO_NAMES);
  const latest = useRef({ requests, names, known });
  latest.current = { requests, names, known };
  /** What was known when a request's name was asked for last. */
  const askedBy = useRef(new Map<number, string>());
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);

  useEffect(() => {
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
          setNames((before) => {
            const all = new Map(before.size > MOST_KEPT ? [] : before);
            for (const [i, { sequence }] of wanted.entries()) all.set(sequence, found[i] ?? null);
            return all;
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
  return names;
}

const NO_NAMES: ReadonlyMap<number, RequestName | null> = new Map();
