/** The seed of the random tests: `HOMEROOM_TEST_SEED`, or a fixed one. */
export function testSeed(): number {
  const text = process.env.HOMEROOM_TEST_SEED
  if (text === undefined || text === "") return 20_260_817
  const seed = Number(text)
  if (!Number.isSafeInteger(seed)) throw new Error("HOMEROOM_TEST_SEED must be a whole number")
  return seed
}

/** Runs a test that draws from `Random`, and names the seed if it fails. */
export async function withSeed(body: (random: Random) => Promise<void>): Promise<void> {
  const seed = testSeed()
  try {
    await body(new Random(seed))
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw new Error(`With HOMEROOM_TEST_SEED=${seed}: ${message}`, { cause: error })
  }
}

/** Numbers that look random and are the same for the same seed (mulberry32). */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** From 0 up to, but not including, 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** A whole number from 0 up to, but not including, `end`. */
  below(end: number): number {
    return Math.floor(this.next() * end)
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  pick<T>(list: readonly T[]): T {
    const index = this.below(list.length)
    if (index >= list.length) throw new Error("nothing to pick from")
    return list[index] as T
  }

  /** Some of the list, in its order, each with the given probability. */
  some<T>(list: readonly T[], probability: number): T[] {
    return list.filter(() => this.chance(probability))
  }
}
