/** Words from outside, for a person: at most so many characters, and nothing in them that a terminal would act on. */
export function visible(text: string, characters: number): string {
  // Cut before the search, as a stranger's text may be of any length.
  const some = text.slice(0, characters + 1).replace(/\p{C}/gu, '?');
  return text.length > characters ? `${some.slice(0, characters)}…` : some;
}
