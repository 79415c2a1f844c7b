/** Entries by key, of which the last 10,000 are kept. */
export class Book<T> {
  readonly #entries = new Map<string, T>()

  get(key: string): T | undefined {
    return this.#entries.get(key)
  }

  set(key: string, entry: T): void {
    this.#entries.set(key, entry)
    if (this.#entries.size <= 10_000) return
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest)
      break
    }
  }

  delete(key: string): void {
    this.#entries.delete(key)
  }

  clear(): void {
    this.#entries.clear()
  }

  /** All entries, oldest first. */
  list(): readonly T[] {
    return [...this.#entries.values()]
  }
}
