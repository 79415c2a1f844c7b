/** A seeded source of randomness: the same seed gives the same values on every machine. */
export interface Random {
  /** A number in [0, 1). */
  next(): number
  /** An integer from 0 to `below` - 1. */
  integer(below: number): number
  /** True with the given probability. */
  chance(probability: number): boolean
  /** One entry of a list that is not empty. */
  pick<T>(from: readonly T[]): T
  /** `count` decimal digits; the first is never zero. */
  digits(count: number): string
}

/** Mixes any number of integers and texts into one 32-bit seed. */
export function mixSeed(...parts: readonly (number | string)[]): number {
  let hash = 0x811c9dc5
  for (const part of parts) {
    if (typeof part === "number") {
      hash = Math.imul(hash ^ (part | 0), 0x9e3779b1)
      hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b)
    } else {
      for (let index = 0; index < part.length; index++) {
        hash = Math.imul(hash ^ part.charCodeAt(index), 0x01000193)
      }
    }
    hash ^= hash >>> 13
  }
  return hash >>> 0
}

/** A random source (mulberry32) for these seed parts: cheap enough to make one for every record. */
export function seededRandom(...parts: readonly (number | string)[]): Random {
  let state = mixSeed(...parts)
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
  const integer = (below: number): number => Math.floor(next() * below)
  return {
    next,
    integer,
    chance: (probability) => next() < probability,
    pick<T>(from: readonly T[]): T {
      return from[integer(from.length)] as T
    },
    digits: (count) => {
      let text = String(1 + integer(9))
      while (text.length < count) text += String(integer(10))
      return text
    },
  }
}
