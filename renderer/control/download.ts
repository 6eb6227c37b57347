/** How long what is downloaded is kept for the browser, which reads it after it was asked to. */
export const KEPT_MS = 60_000;

/** Saves a file as the browser saves what a person downloads. */
export function download(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), KEPT_MS);
}
