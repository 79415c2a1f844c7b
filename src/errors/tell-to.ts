/**
 * Tells a listener, if there is one. What it throws, or rejects with later, is ignored: an observer can't break what it
 * observes. It is not waited for.
 */
export function tellTo<Event>(listener: ((event: Event) => unknown) | undefined): (event: Event) => void {
  if (listener === undefined) return () => {}
  return (event) => {
    // A listener may well be async, though its type says nothing of what it answers.
    new Promise((resolve) => resolve(listener(event))).catch(() => {})
  }
}
