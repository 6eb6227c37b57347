/**
 * The few globals that both Node and browsers have and that ES itself does not. shared/ is checked against these alone,
 * so that neither Node's nor the DOM's types leak in; the other rooms see their own platform's declarations.
 */
declare class TextEncoder {
  encode(text: string): Uint8Array<ArrayBuffer>;
}
declare class TextDecoder {
  decode(bytes: Uint8Array): string;
}
