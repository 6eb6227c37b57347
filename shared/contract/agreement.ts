/**
 * Some commands are refused until a person agrees to what they do: the refusal ends in one of these, and the same command
 * with `removeForeign` or `confirmed` is then carried out.
 */
export const ASKS_TO_REMOVE = 'it is removed only when you say so';
export const ASKS_TO_RUN = 'it is run only when you agree to it';

/** Whether a refusal asks for agreement. */
export function asksForAgreement(refusal: string): boolean {
  return refusal.endsWith(ASKS_TO_REMOVE) || refusal.endsWith(ASKS_TO_RUN);
}
