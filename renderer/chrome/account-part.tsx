import { Scissors } from 'lucide-react';
import type { ReactElement } from 'react';
import type { AccountAnswer, AccountSentence } from '#shared/contract/structures.ts';
import type { Span } from '#shared/contract/time.ts';
import { selectSentence, showSentence } from '../control/structure-deeds.ts';
import { formatClockPrecise, plural } from '../words/format.ts';
import { useApp, useAppState } from './app-context.ts';
import { Tip } from './tip.tsx';
import { useQuestion } from './use-question.ts';

const readAccount = ({ json }: { readonly json: unknown }): AccountAnswer => json as AccountAnswer;

/** What happened in a span, in plain words, of disks of which it is known what lies there; each sentence leads to its requests. */
export function AccountPart(props: {
  readonly span: Span;
  readonly disks: readonly number[] | null;
  readonly askedKey: string;
}): ReactElement | null {
  const { span, disks, askedKey } = props;
  const zone = useAppState((state) => state.zone);
  const known = useAppState((state) =>
    (state.session?.structures ?? []).map(({ disk, version }) => `${disk}=${version}`).join(' '),
  );
  const any = useAppState((state) => state.session?.structures.some(({ version }) => version > 0) ?? false);
  const question = any
    ? { about: 'account' as const, span: { ...span }, disks: disks === null ? null : [...disks] }
    : null;
  const { data, trouble } = useQuestion(question, `${askedKey}/${known}`, readAccount);
  if (!any) return null;
  return (
    <section className="span-part span-account" aria-label="What happened">
      <h3>What happened</h3>
      {data === null || trouble !== null ? (
        <p className="quiet">{trouble ?? 'Reading…'}</p>
      ) : (
        <ol className="account" data-testid="account">
          {data.sentences.map((sentence) => (
            <Sentence key={`${sentence.fromSequence}/${sentence.text}`} sentence={sentence} />
          ))}
        </ol>
      )}
      {data !== null && data.sentences.length === 0 && (
        <p className="quiet">Nothing that what is known of the disks could name.</p>
      )}
      {data !== null && data.untoldFromUs !== null && (
        <p className="quiet" role="status">
          Told up to {formatClockPrecise(data.untoldFromUs, zone, 3)}: there are too many writes, trims and
          zeroes to look at all. Choose a span that begins later.
        </p>
      )}
      {data !== null && data.leftOut > 0 && (
        <p className="quiet">{plural(data.leftOut, 'more sentence')} not told: look at a shorter span.</p>
      )}
    </section>
  );
}

function Sentence({ sentence }: { readonly sentence: AccountSentence }): ReactElement {
  const app = useApp();
  const zone = useAppState((state) => state.zone);
  const time = formatClockPrecise(sentence.fromUs, zone, 3);
  return (
    <li>
      <button
        type="button"
        className="account-sentence"
        title={`${plural(sentence.requests, 'request')}; show the first`}
        onClick={() => showSentence(app, sentence)}
      >
        <span className="mono quiet">{time}</span>
        <span>{sentence.text}</span>
      </button>
      <Tip words="Look at this time alone">
        <button
          type="button"
          className="button button-quiet"
          aria-label={`Look at this time alone: ${sentence.text}`}
          onClick={() => selectSentence(app, sentence)}
        >
          <Scissors size={14} aria-hidden="true" />
        </button>
      </Tip>
    </li>
  );
}
