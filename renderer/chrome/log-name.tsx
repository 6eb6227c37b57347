import type { ReactElement } from 'react';

/** A log's or disk's name; where there is too little room, the folder before it is cut first. */
export function LogName({ name }: { readonly name: string }): ReactElement {
  const slash = name.lastIndexOf('/');
  if (slash < 0) return <span className="clip">{name}</span>;
  return (
    <span className="log-name">
      <span className="clip log-folder">{name.slice(0, slash)}</span>
      <span className="clip">{name.slice(slash)}</span>
    </span>
  );
}
