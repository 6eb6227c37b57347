/**
 * A two-way, ordered, message-preserving connection between a window and the engine. Made from a MessagePort under
 * Electron and from a WebSocket under web; nothing above it knows which.
 */
export interface Channel {
  /** Sends one frame (see frame.ts). Frames sent after the channel has closed are dropped. */
  send(frame: Uint8Array<ArrayBuffer>): void;
  /** Called for each frame that arrives, in order. Set it before the first turn of the event loop after creation. */
  onFrame: (frame: Uint8Array) => void;
  /** Called once, when either side has gone. */
  onClose: () => void;
  close(): void;
}

/** Whatever holds something to be given back: listeners, timers, sockets, GL objects. */
export interface Disposable {
  dispose(): void;
}
