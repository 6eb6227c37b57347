/** A film that is being made or recorded; at most one at a time. */
export interface FilmWork {
  /** export: of the past, frame by frame; record: of the window, as it goes. */
  readonly kind: 'export' | 'record';
  readonly frames: number;
  /** Of an export: how much is done, 0 to 1. */
  readonly fraction: number;
  /** Of a recording: how long it is, ms. */
  readonly lengthMs: number;
}
