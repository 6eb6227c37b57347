import type { ReactElement } from 'react';

interface LogNameProps {
  readonly name: string;
  /** Many names stand side by side: the number that tells them apart is cut last. */
  readonly keepNumber?: boolean;
}

/** A log's or disk's name; where there is too little room, the folder before it is cut first. */
export function LogName({ name, keepNumber = false }: LogNameProps): ReactElement {
  const slash = name.lastIndexOf('/');
  const folder = slash < 0 ? '' : name.slice(0, slash);
  const rest = slash < 0 ? name : name.slice(slash);
  const number = keepNumber ? (/\d{1,3}$/.exec(rest)?.[0] ?? '') : '';
  if (folder === '' && number === '') return <span className="clip">{name}</span>;
  const parts = (
    <span className="log-name" aria-hidden={number !== '' || undefined}>
      {folder !== '' && <span className="clip log-folder">{folder}</span>}
      <span className="clip">{rest.slice(0, rest.length - number.length)}</span>
      {number !== '' && <span className="log-number">{number}</span>}
    </span>
  );
  if (number === '') return parts;
  // In parts it would be read in parts.
  return (
    <>
      {parts}
      <span className="sr-only">{name}</span>
    </>
  );
}
