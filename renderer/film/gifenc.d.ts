/** gifenc has no types of its own; this is the part of it that is used here. */
declare module 'gifenc' {
  export interface GifFrameOptions {
    readonly palette?: readonly (readonly number[])[];
    readonly first?: boolean;
    readonly transparent?: boolean;
    readonly transparentIndex?: number;
    /** ms, rounded to hundredths of a second. */
    readonly delay?: number;
    /** -1 once, 0 for ever. */
    readonly repeat?: number;
    readonly dispose?: number;
  }
  export interface GifStream {
    writeHeader(): void;
    writeFrame(index: Uint8Array, widthPx: number, heightPx: number, options?: GifFrameOptions): void;
    finish(): void;
    bytes(): Uint8Array<ArrayBuffer>;
    reset(): void;
  }
  export function GIFEncoder(options?: {
    readonly auto?: boolean;
    readonly initialCapacity?: number;
  }): GifStream;
}
