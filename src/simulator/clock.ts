/** The simulated time: a source of real or fixed time, plus the days that were let pass. */
export class Clock {
  readonly #source: () => Date
  #offsetMs = 0

  constructor(source: () => Date = () => new Date()) {
    this.#source = source
  }

  /** The simulated time. */
  now(): Date {
    return new Date(this.#source().getTime() + this.#offsetMs)
  }

  /** Lets simulated time pass at once; a negative amount goes back. */
  advance(ms: number): void {
    this.#offsetMs += ms
  }

  /** Sets the simulated time; it runs on from there. */
  set(time: Date): void {
    this.#offsetMs = time.getTime() - this.#source().getTime()
  }
}
