import { X } from 'lucide-react';
import { Dialog } from 'radix-ui';
import type { ReactElement, ReactNode } from 'react';
import { useApp } from './app-context.ts';

/** Typing can begin at once: the first field has the focus, not the button that closes. */
function focusFirstField(event: Event): void {
  const field = event.target instanceof Element ? event.target.querySelector('input') : null;
  if (field === null) return;
  event.preventDefault();
  field.focus();
}

interface ModalProps {
  readonly title: string;
  readonly description?: string;
  /** Shows no title bar; the title is still there for screen readers. */
  readonly bare?: boolean;
  readonly wide?: boolean;
  readonly children: ReactNode;
}

/**
 * A dialog over the window, closed by Escape, its button or a press beside it. The backdrop is our own: the
 * library's would put a style element into the page, which the Content-Security-Policy forbids.
 */
export function Modal({
  title,
  description,
  bare = false,
  wide = false,
  children,
}: ModalProps): ReactElement {
  const app = useApp();
  const close = (): void => app.store.setState({ dialog: null });
  return (
    <Dialog.Root open onOpenChange={(open) => !open && close()}>
      <Dialog.Portal>
        <div className="backdrop" />
        <Dialog.Content
          className={wide ? 'modal modal-wide' : 'modal'}
          onOpenAutoFocus={focusFirstField}
          {...(description === undefined ? { 'aria-describedby': undefined } : {})}
        >
          <header className={bare ? 'sr-only' : 'modal-head'}>
            <Dialog.Title className="modal-title">{title}</Dialog.Title>
            {!bare && (
              <Dialog.Close className="button button-quiet" aria-label="Close">
                <X size={16} aria-hidden="true" />
              </Dialog.Close>
            )}
          </header>
          {description !== undefined && (
            <Dialog.Description className="modal-words">{description}</Dialog.Description>
          )}
          {children}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
