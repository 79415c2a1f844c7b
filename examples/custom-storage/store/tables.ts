/** Ordered tables in memory whose transactions are in a journal: all that the adapter knows of its medium. */
import { HomeroomError } from "homeroom"
import { Journal, type Write } from "./journal.ts"

/**
 * Rows in ascending key. They are kept as JSON: whatever goes in or out is a copy, as the contract wants it. A row holds
 * its whole key.
 */
export class Table<Row> {
  readonly #tables: Tables
  readonly #name: string
  readonly #keyOf: (row: Row) => readonly string[]
  readonly #rows = new Map<string, string>()
  /** The keys in order; undefined after a write, until somebody walks them. */
  #sorted: readonly string[] | undefined

  constructor(tables: Tables, name: string, keyOf: (row: Row) => readonly string[]) {
    this.#tables = tables
    this.#name = name
    this.#keyOf = keyOf
    tables.add(name, this)
  }

  get(...key: readonly string[]): Row | undefined {
    this.#tables.requireOpen()
    const row = this.#rows.get(textOf(key))
    return row === undefined ? undefined : (JSON.parse(row) as Row)
  }

  // #region scan
  /** The rows whose key begins with `parts`, in ascending key; those alone whose further parts come after `after`. */
  *scan(parts: readonly string[] = [], after: readonly string[] = []): Generator<Row, undefined, undefined> {
    this.#tables.requireOpen()
    this.#sorted ??= [...this.#rows.keys()].sort()
    const sorted = this.#sorted
    const prefix = textOf(parts)
    const start = prefix + textOf(after)
    for (let at = firstFrom(sorted, start); at < sorted.length; at++) {
      const key = sorted[at] ?? ""
      if (key === start && after.length > 0) continue
      if (!key.startsWith(prefix)) return
      const row = this.#rows.get(key)
      // Whoever walks may delete what comes later.
      if (row !== undefined) yield JSON.parse(row) as Row
    }
  }
  // #endregion

  put(row: Row): void {
    this.#write(textOf(this.#keyOf(row)), JSON.stringify(row))
  }

  /** True if there was such a row. */
  delete(row: Row): boolean {
    return this.#write(textOf(this.#keyOf(row)), null)
  }

  /** Sets a row without a transaction: when the journal is read, and when a write is taken back. */
  restore(key: string, row: string | null): void {
    if (row === null ? this.#rows.has(key) : !this.#rows.has(key)) this.#sorted = undefined
    if (row === null) this.#rows.delete(key)
    else this.#rows.set(key, row)
  }

  /** The table as the writes that would make it. */
  writes(): Write[] {
    return [...this.#rows].map(([key, row]) => [this.#name, key, row])
  }

  #write(key: string, row: string | null): boolean {
    const before = this.#rows.get(key) ?? null
    if (before !== row) this.#tables.record([this.#name, key, row], () => this.restore(key, before))
    this.restore(key, row)
    return before !== null
  }
}

// #region key
/** A key's parts as one text that has the same order, whatever characters they hold. */
function textOf(key: readonly string[]): string {
  return key.map((part) => `${part.replaceAll("\0", "\0\u0001")}\0\0`).join("")
}
// #endregion

function firstFrom(sorted: readonly string[], key: string): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sorted[middle] ?? "") < key) low = middle + 1
    else high = middle
  }
  return low
}

/** The first `limit` rows, as they are shown: those that `show` gives nothing for are passed over. */
export function page<Row, Shown>(
  rows: Iterable<Row>,
  limit: number,
  show: (row: Row) => Shown | undefined,
): Shown[] {
  const shown: Shown[] = []
  for (const row of rows) {
    if (shown.length >= limit) break
    const one = show(row)
    if (one !== undefined) shown.push(one)
  }
  return shown
}

/** All tables of a store: transactions run over any of them. Adapters extend it. */
export class Tables {
  readonly #journal: Journal
  readonly #tables = new Map<string, Pick<Table<unknown>, "restore" | "writes">>()
  #isOpen = false
  #transaction: { readonly writes: Write[]; readonly undo: (() => void)[] } | undefined

  constructor(folder: string) {
    this.#journal = new Journal(folder)
  }

  add(name: string, table: Pick<Table<unknown>, "restore" | "writes">): void {
    this.#tables.set(name, table)
  }

  async open(): Promise<void> {
    if (this.#isOpen) return
    const writes = this.#journal.open()
    for (const [table, key, row] of writes) this.#tables.get(table)?.restore(key, row)
    this.#isOpen = true
    const rows = this.#rows()
    if (writes.length > 2 * rows.length + 1_000) this.#journal.rewrite(rows)
  }

  async close(): Promise<void> {
    this.#isOpen = false
    this.#journal.close()
  }

  requireOpen(): void {
    if (this.#isOpen) return
    throw new HomeroomError("STORAGE_UNREADABLE", { message: "This storage is not open." })
  }

  // #region transact
  /**
   * Does all that `body` writes, or nothing of it. Nothing in it waits, so nobody sees the half of it, and two never run
   * at once. With `rewrite` the file holds afterwards what the tables hold, and nothing of what they held.
   */
  transact<Result>(body: () => Result, { rewrite = false } = {}): Result {
    this.requireOpen()
    const transaction = { writes: [] as Write[], undo: [] as (() => void)[] }
    this.#transaction = transaction
    try {
      const result = body()
      if (rewrite) this.#journal.rewrite(this.#rows())
      else this.#journal.append(transaction.writes)
      return result
    } catch (error) {
      for (const undo of transaction.undo.reverse()) undo()
      throw error
    } finally {
      this.#transaction = undefined
    }
  }
  // #endregion

  record(write: Write, undo: () => void): void {
    if (this.#transaction === undefined) throw new TypeError("Writes belong into a transaction.")
    this.#transaction.writes.push(write)
    this.#transaction.undo.push(undo)
  }

  /** What the tables hold, and what the file holds. */
  everyWrite(): { tables: Write[]; journal: Write[] } {
    this.requireOpen()
    return { tables: this.#rows(), journal: this.#journal.writes() }
  }

  #rows(): Write[] {
    return [...this.#tables.values()].flatMap((table) => table.writes())
  }
}
