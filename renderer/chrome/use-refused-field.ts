import { type RefObject, useEffect, useRef } from 'react';
import { useAppState } from './app-context.ts';

/**
 * For the form that sends this command: whenever the engine refuses it, the field at fault gets the focus, so that what is
 * wrong is in sight and can be mended at once.
 */
export function useRefusedField(command: string): RefObject<HTMLFormElement | null> {
  const form = useRef<HTMLFormElement>(null);
  const refusal = useAppState((state) => state.refusal);
  useEffect(() => {
    if (refusal?.command !== command) return;
    form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [refusal, command]);
  return form;
}
