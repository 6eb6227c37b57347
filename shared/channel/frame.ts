/**
 * The one framing of the host channel, the same over a MessagePort and a WebSocket: an 8-byte header (u8 type,
 * 3 zero bytes, u32 tag, little-endian), then the payload. 8 bytes keep a batch's columns aligned in place.
 */
export const FrameType = {
  /** UTF-8 JSON: a Command from the window, a Message from the engine. */
  Json: 1,
  /** Engine to window: an encoded EventBatch. */
  Batch: 2,
  /** Engine to window: a SessionState snapshot, which replaces what the window holds. */
  Snapshot: 3,
  /** Window to engine: bytes of a dropped file; the tag is its upload number. */
  Upload: 4,
  /** Engine to window: the answer to a question; the tag is the question's number. */
  Answer: 5,
} as const;
export type FrameType = (typeof FrameType)[keyof typeof FrameType];

export const FRAME_HEADER_BYTES = 8;

/** The largest frame a window may send to the engine. */
export const MAX_FRAME_FROM_WINDOW_BYTES = 4 * 1024 * 1024;

export interface Frame {
  readonly type: FrameType;
  readonly tag: number;
  readonly payload: Uint8Array;
}

export function encodeFrame(type: FrameType, payload: Uint8Array, tag = 0): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(FRAME_HEADER_BYTES + payload.length);
  bytes.set(payload, FRAME_HEADER_BYTES);
  return framed(type, bytes, tag);
}

/** Makes a frame of `bytes` in place: the payload with {@link FRAME_HEADER_BYTES} bytes before it for the header. */
export function framed(type: FrameType, bytes: Uint8Array<ArrayBuffer>, tag = 0): Uint8Array<ArrayBuffer> {
  bytes[0] = type;
  new DataView(bytes.buffer, bytes.byteOffset).setUint32(4, tag, true);
  return bytes;
}

export function encodeJsonFrame(value: unknown): Uint8Array<ArrayBuffer> {
  return encodeFrame(FrameType.Json, new TextEncoder().encode(JSON.stringify(value)));
}

/** The frame in `bytes`, its payload a view of them. Throws RangeError when there is no header or no such type. */
export function decodeFrame(bytes: Uint8Array): Frame {
  const type = bytes[0];
  if (bytes.length < FRAME_HEADER_BYTES) throw new RangeError(`frame of ${bytes.length} bytes has no header`);
  if (
    type !== FrameType.Json &&
    type !== FrameType.Batch &&
    type !== FrameType.Snapshot &&
    type !== FrameType.Upload &&
    type !== FrameType.Answer
  ) {
    throw new RangeError(`unknown frame type ${type}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { type, tag: view.getUint32(4, true), payload: bytes.subarray(FRAME_HEADER_BYTES) };
}
