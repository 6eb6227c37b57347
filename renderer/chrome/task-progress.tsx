import { X } from 'lucide-react';
import type { ReactElement } from 'react';
import type { HostInfo } from '#shared/contract/messages.ts';
import { useApp } from './app-context.ts';

/** How far something that runs has come, with a button that breaks it off. */
export function Progress(props: {
  readonly words: string;
  /** 0 to 1. */
  readonly done: number;
  readonly cancel: string;
  readonly onCancel: () => void;
}): ReactElement {
  const percent = Math.floor(props.done * 100);
  return (
    <div className="try-it">
      <div className="try-progress">
        <span className="try-doing">
          <span className="clip" title={props.words}>
            {props.words}
          </span>
          <span className="mono">{percent} %</span>
        </span>
        <progress aria-label={props.words} max={100} value={percent} />
      </div>
      <button
        type="button"
        className="button button-small"
        aria-label={props.cancel}
        onClick={props.onCancel}
      >
        <X size={12} aria-hidden="true" />
      </button>
    </div>
  );
}

/** The save or copy of a disk that runs. */
export function TaskProgress(props: {
  readonly source: number;
  readonly task: NonNullable<HostInfo['task']>;
}): ReactElement {
  const app = useApp();
  const { kind, to, done } = props.task;
  return (
    <Progress
      words={`${kind === 'save' ? 'Saving as' : 'Copying to'} ${to}`}
      done={done}
      cancel={kind === 'save' ? 'Break off the save' : 'Break off the copy'}
      onCancel={() => app.send({ command: 'cancelHostTask', source: props.source })}
    />
  );
}
