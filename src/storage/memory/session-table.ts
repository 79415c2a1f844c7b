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
    const gone = [...this.#consumed].filter(([, { subjects }]) => subjects.includes(subject))
    for (const [key] of gone) this.#consumed.delete(key)
    return gone.length
  }

  epoch(subject: string): number {
    const known = this.#epochs.get(subject)
    return known !== undefined && known.expiresAtMs > this.#clock() ? known.epoch : 0
  }

  raise(subject: string, expiresAtMs: number = Number.POSITIVE_INFINITY): number {
    const now = this.#clock()
    prune(this.#epochs, now)
    const known = this.#epochs.get(subject)
    const epoch = Math.max((known?.epoch ?? 0) + 1, now)
    this.#epochs.set(subject, { epoch, expiresAtMs: Math.max(known?.expiresAtMs ?? 0, expiresAtMs) })
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
