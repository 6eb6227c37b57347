import type { ReactElement, ReactNode } from 'react';
import { formatBytes, thousands } from '#shared/bytes/size.ts';
import { errnoName, opName } from '#shared/events/vocabulary.ts';
import { shapeOf } from '../control/disk-marks.ts';
import type { Readout } from '../store/readout.ts';
import { layerOfKind, stateWords } from '../words/block-words.ts';
import { formatAge, formatDuration, formatHex, formatOffset } from '../words/format.ts';
import { stripeWords } from '../words/stripe-words.ts';
import { useAppState } from './app-context.ts';
import { BlockStructures } from './block-structures.tsx';

/** What is known of the block under the pointer or the keyboard cursor. */
export function BlockReadout(): ReactElement {
  const readout = useAppState((state) => state.readout);
  const disks = useAppState((state) => state.session?.disks);
  const several = (disks?.length ?? 0) > 1;
  const inArrays = useAppState((state) => (state.session?.arrays.length ?? 0) > 0);
  const name = several ? disks?.find((disk) => disk.id === readout?.disk)?.name : undefined;
  return (
    <section
      className="side-section readout"
      aria-label="Block in hand"
      data-testid="readout"
      data-arrays={inArrays}
    >
      {readout === null ? <NoBlock /> : <Block readout={readout} name={name} />}
    </section>
  );
}

function NoBlock(): ReactElement {
  return (
    <>
      <h2>Block</h2>
      <p className="quiet">Point at a block, or walk to one with the arrow keys.</p>
    </>
  );
}

function Block({
  readout,
  name,
}: {
  readonly readout: Readout;
  readonly name: string | undefined;
}): ReactElement {
  const endSector = readout.firstSector + 7n;
  return (
    <>
      <h2>
        Block <span className="mono">{thousands(readout.block)}</span>
        {name !== undefined && <span className="quiet clip"> {name}</span>}
        {readout.kept && <span className="badge">kept</span>}
      </h2>
      <BlockStructures disk={readout.disk} block={readout.block} />
      <dl className="facts">
        <Fact name="offset">
          {formatHex(readout.offsetBytes)} · {formatOffset(readout.offsetBytes)}
        </Fact>
        <Fact name="sectors">
          {thousands(readout.firstSector)} to {thousands(endSector)}
        </Fact>
        <Fact name="shows">{stateWords(readout.state)}</Fact>
        <Fact name="last">{lastWords(readout)}</Fact>
        <Fact name="took">
          {readout.latencyUs === null ? '–' : formatDuration(readout.latencyUs)}
          {readout.inFlight > 0 && ` · ${readout.inFlight} in flight`}
        </Fact>
        <Fact name="times">
          {readout.reads === null || readout.writes === null
            ? 'not counted: memory is full'
            : `${thousands(readout.reads)} read · ${thousands(readout.writes)} written`}
        </Fact>
        <StripeFacts readout={readout} />
      </dl>
      <ul className="sectors" aria-label={`Its eight sectors of ${formatBytes(512)}`}>
        {readout.sectors.map((kind, i) => (
          <li
            key={String(readout.firstSector + BigInt(i))}
            className="swatch"
            data-layer={layerOfKind(kind)}
            data-current={i === readout.sector}
            aria-label={layerOfKind(kind)}
          />
        ))}
      </ul>
    </>
  );
}

/** Of a disk that is part of an array: what the block is there. */
function StripeFacts({ readout }: { readonly readout: Readout }): ReactElement | null {
  const session = useAppState((state) => state.session);
  if (session === null) return null;
  const words = stripeWords(session.arrays, readout.disk, readout.offsetBytes, (array) =>
    shapeOf(array, session.disks),
  );
  if (words === null) return null;
  return (
    <>
      <Fact name="array">{words.array}</Fact>
      <Fact name="stripe">{words.stripe}</Fact>
      <Fact name="in array">{words.offset}</Fact>
    </>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }): ReactElement {
  return (
    <div className="fact">
      <dt className="quiet">{name}</dt>
      <dd className="mono">{children}</dd>
    </div>
  );
}

function lastWords(readout: Readout): string {
  if (readout.lastOp === null) return 'nothing yet';
  const age = readout.ageUs === null ? '' : `, ${formatAge(readout.ageUs)}`;
  const failed = readout.errno === 0 ? '' : ` · ${errnoName(readout.errno)}`;
  return `${opName(readout.lastOp)}${age}${failed}`;
}
