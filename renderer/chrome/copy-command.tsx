import { Check, Copy } from 'lucide-react';
import { type ReactElement, useState } from 'react';
import { Tip } from './tip.tsx';

/** The command that makes a log, as it can be typed on any machine with nbdkit. */
export const NBDKIT_COMMAND = 'nbdkit -fv --filter=log memory 64M logfile=/tmp/log';

/** Copies `text`; says so for a moment. */
export function CopyButton(props: { readonly text: () => string; readonly label: string }): ReactElement {
  const [copied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    await copyText(props.text());
    setCopied(true);
    setTimeout(() => setCopied(false), 1500);
  };
  return (
    <Tip words={copied ? 'Copied' : props.label}>
      <button
        type="button"
        className="button button-quiet"
        aria-label={props.label}
        onClick={() => void copy()}
      >
        {copied ? <Check size={16} aria-hidden="true" /> : <Copy size={16} aria-hidden="true" />}
      </button>
    </Tip>
  );
}

/** A command line that can be copied as it stands. */
export function CommandLine(props: { readonly command: string }): ReactElement {
  return (
    <span className="command">
      <code className="mono">{props.command}</code>
      <CopyButton text={() => props.command} label="Copy the command" />
    </span>
  );
}

/** Puts text on the clipboard; by way of a selection where the clipboard itself is refused. */
export async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    area.className = 'sr-only';
    document.body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  }
}
