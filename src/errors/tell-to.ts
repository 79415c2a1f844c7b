/** Tells a listener, if there is one. What it throws is ignored: an observer can't break what it observes. */
export function tellTo<Event>(listener: ((event: Event) => void) | undefined): (event: Event) => void {
  if (listener === undefined) return () => {}
  return (event) => {
    try {
      listener(event)
    } catch {
      // It is the listener's own.
    }
  }
}
