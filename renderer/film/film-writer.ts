/** Where the bytes of a film or picture go, in the order they come and at the places they name. */
export interface ByteSink {
  /** Resolves when more may be written. */
  write(positionBytes: number, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** All is written. */
  close(): Promise<void>;
  /** Nothing is to be kept. */
  abort(): Promise<void>;
}

/** Turns drawn frames into a file. */
export interface FilmWriter {
  /**
   * Takes the frame that stands on the canvas, to be shown from `timeUs` of the film on. Resolves when the next may come, so
   * that few wait at any time.
   */
  add(timeUs: number): Promise<void>;
  /** Ends the film at `endUs`; its last bytes are written when this resolves. */
  finish(endUs: number): Promise<void>;
  /** Gives everything back; what is written so far is of no use. */
  cancel(): Promise<void>;
}
