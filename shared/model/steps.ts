/** Takes all steps of something that could be done in several tasks, at once; returns what it comes to. */
export function inOneGo<T>(steps: Iterator<void, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
