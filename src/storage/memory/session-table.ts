import { subjectKey } from "../sql/subject-key.ts"

interface ConsumedKey {
  readonly expiresAtMs: number
  readonly subjects: readonly string[]
}

interface Epoch {
  readonly epoch: number
  /** Infinity if it is kept for good. */
  readonly expiresAtMs: number
}

/** What was used once, and the session epochs. Holds nothing beyond its time once something is added. */
export class SessionTable {
  readonly #consumed = new Map<string, ConsumedKey>()
  readonly #epochs = new Map<string, Epoch>()
  readonly #clock: () => number

  constructor(clock: () => number) {
    this.#clock = clock
  }

  consume(key: string, expiresAtMs: number, subjects: readonly string[]): boolean {
    const now = this.#clock()
    prune(this.#consumed, now)
    if (expiresAtMs <= now || this.#consumed.has(key)) return false
    this.#consumed.set(key, { expiresAtMs, subjects: [...subjects] })
    return true
  }

  isConsumed(key: string): boolean {
    const known = this.#consumed.get(key)
    return known !== undefined && known.expiresAtMs > this.#clock()
  }

  forget(subject: string): number {
    prune(this.#consumed, this.#clock())
    return this.#forget((one) => one === subject)
  }

  /** Forgets the keys that concern somebody with this id, at any issuer. */
  erase(cleverId: string): number {
    return this.#forget((subject) => subject.startsWith("user:") && subject.endsWith(`:${cleverId}`))
  }

  #forget(isMeant: (subject: string) => boolean): number {
    const gone = [...this.#consumed].filter(([, { subjects }]) => subjects.some(isMeant))
    for (const [key] of gone) this.#consumed.delete(key)
    return gone.length
  }

  /** Everything that it holds. */
  entries(): Iterable<unknown> {
    return [...this.#consumed, ...this.#epochs]
  }

  epoch(subject: string): number {
    const known = this.#epochs.get(subjectKey(subject))
    return known !== undefined && known.expiresAtMs > this.#clock() ? known.epoch : 0
  }

  raise(subject: string, expiresAtMs: number = Number.POSITIVE_INFINITY): number {
    const now = this.#clock()
    prune(this.#epochs, now)
    const key = subjectKey(subject)
    const known = this.#epochs.get(key)
    const epoch = Math.max((known?.epoch ?? 0) + 1, now)
    this.#epochs.set(key, { epoch, expiresAtMs: Math.max(known?.expiresAtMs ?? 0, expiresAtMs) })
    return epoch
  }

  clear(): void {
    this.#consumed.clear()
    this.#epochs.clear()
  }
}

function prune(entries: Map<string, { readonly expiresAtMs: number }>, now: number): void {
  for (const [key, { expiresAtMs }] of entries) if (expiresAtMs <= now) entries.delete(key)
}
