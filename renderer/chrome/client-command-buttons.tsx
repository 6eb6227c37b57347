import { Check, Copy } from 'lucide-react';
import { type ReactElement, useEffect, useState } from 'react';
import type { HostInfo } from '#shared/contract/messages.ts';
import { type ClientCommand, clientCommands, type UnfitClient } from '../words/client-commands.ts';
import { copyText } from './copy-command.tsx';
import { Tip } from './tip.tsx';

const SAID_MS = 1_500;

/** A button for each client of a hosted disk. */
export function ClientCommands({ host }: { readonly host: HostInfo }): ReactElement {
  return <CommandButtons label="Copy the command for a client" commands={clientCommands(host)} />;
}

/** A button for each tool: one click copies the whole line that starts it. */
export function CommandButtons(props: {
  readonly label: string;
  readonly commands: readonly (ClientCommand | UnfitClient)[];
}): ReactElement {
  const [copied, setCopied] = useState<string | null>(null);
  useEffect(() => {
    if (copied === null) return undefined;
    const timer = setTimeout(() => setCopied(null), SAID_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  return (
    <fieldset className="client-commands" aria-label={props.label}>
      {props.commands.map(({ tool, command, words }) =>
        command === null ? (
          <UnfitButton key={tool} tool={tool} words={words} />
        ) : (
          <Tip
            key={tool}
            words={
              <span className="client-tip">
                <span>{words}. Press to copy:</span>
                <code className="mono">{command}</code>
              </span>
            }
          >
            <button
              type="button"
              className="button button-small"
              aria-label={`Copy the command for ${tool}`}
              data-command={command}
              onClick={() => {
                void copyText(command);
                setCopied(tool);
              }}
            >
              {copied === tool ? (
                <Check size={12} aria-hidden="true" />
              ) : (
                <Copy size={12} aria-hidden="true" />
              )}
              {tool}
            </button>
          </Tip>
        ),
      )}
      <span className="sr-only" role="status">
        {copied === null ? '' : `The command for ${copied} is copied`}
      </span>
    </fieldset>
  );
}

/** A client that cannot: it can still be pointed at and focused, to be told why. */
function UnfitButton(props: { readonly tool: string; readonly words: string }): ReactElement {
  return (
    <Tip words={props.words}>
      <button
        type="button"
        className="button button-small"
        aria-disabled="true"
        aria-label={`No command for ${props.tool}: ${props.words}`}
      >
        {props.tool}
      </button>
    </Tip>
  );
}
