/** One thing that the doctor looked for. */
export interface Finding {
  /** What it is: `nbdkit`, `Electron`, `history on disk`. */
  readonly what: string;
  /** `missing`: nbdscope does without it. `trouble`: something that nbdscope is for cannot be done. */
  readonly state: 'there' | 'missing' | 'trouble';
  /** What was found, or why nothing was: `1.32.5`, `not on the path`. */
  readonly found: string;
  /** What it is good for, or what goes without it. */
  readonly use: string;
  /** What to do about it, a command where there is one; null where there is nothing to do. */
  readonly advice: string | null;
}

/** Findings under a heading. */
export interface FindingGroup {
  readonly title: string;
  readonly findings: readonly Finding[];
}
