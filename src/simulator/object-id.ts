import { mixSeed } from "./random.ts"

const hex = (value: number, width: number): string => value.toString(16).padStart(width, "0")

/** True for 24 lower-case hexadecimal digits, as every id of Clever's rostering data is. */
export function isObjectId(text: string): boolean {
  return /^[0-9a-f]{24}$/.test(text)
}

/** The five middle bytes of an ObjectID: they keep the ids of two districts or seeds apart. */
export function machineOf(seed: number, district: number): string {
  return hex(mixSeed(seed, district, "machine"), 8) + hex(mixSeed(district, seed, "process") & 0xff, 2)
}

/** The id of the `index`-th record made in that second. */
export function objectId(seconds: number, machine: string, index: number): string {
  return hex(seconds, 8) + machine + hex(index, 6)
}

/**
 * Hands out ever ascending ids.
 *
 * A clock that stands still or goes back does not break the order: the counter goes on, and the time part
 * never decreases.
 */
export class ObjectIdSource {
  readonly #machine: string
  readonly #first: number
  #seconds = 0
  #counter: number

  constructor(machine: string, firstCounter = 0) {
    this.#machine = machine
    this.#first = firstCounter
    this.#counter = firstCounter
  }

  next(at: Date): string {
    const seconds = Math.floor(at.getTime() / 1000)
    if (seconds > this.#seconds) this.#seconds = seconds
    if (this.#counter > 0xffffff) {
      this.#seconds += 1
      this.#counter = this.#first
    }
    return objectId(this.#seconds, this.#machine, this.#counter++)
  }
}
