import type { RosterRecord } from "../../models/index.ts"
import type { Kind } from "../../models/kinds.ts"
import type { LoggedAction } from "../../storage/contract.ts"
import type { Letter } from "./dead-letters.ts"
import { recordKey, referencesOf } from "./references.ts"

interface Subject {
  kind: Kind
  id: string
  action: LoggedAction
  after: RosterRecord
}

/** The dead letters of one delivery, and what has to wait because of them. */
export class HeldRecords {
  /** By number, ascending. */
  readonly #letters = new Map<number, Letter>()
  /** Of each record its letters, in order: a record's changes are delivered in order or not at all. */
  readonly #byRecord = new Map<string, Letter[]>()

  get size(): number {
    return this.#letters.size
  }

  get letters(): Letter[] {
    return [...this.#letters.values()]
  }

  has(number: number): boolean {
    return this.#letters.has(number)
  }

  /** A new letter, whose number is higher than any before, or one that has changed. */
  put(letter: Letter): void {
    const key = recordKey(letter.kind, letter.recordId)
    const others = this.#byRecord.get(key) ?? []
    const at = others.findIndex(({ number }) => number === letter.number)
    if (at < 0) others.push(letter)
    else others[at] = letter
    this.#letters.set(letter.number, letter)
    this.#byRecord.set(key, others)
  }

  remove({ number, kind, recordId }: Letter): void {
    const key = recordKey(kind, recordId)
    const others = (this.#byRecord.get(key) ?? []).filter((letter) => letter.number !== number)
    this.#letters.delete(number)
    if (others.length === 0) this.#byRecord.delete(key)
    else this.#byRecord.set(key, others)
  }

  /** The first letter of the record, among those before `before`. */
  earlierOf(kind: Kind, id: string, before: number = Number.POSITIVE_INFINITY): Letter | undefined {
    const [first] = this.#byRecord.get(recordKey(kind, id)) ?? []
    return first !== undefined && first.number < before ? first : undefined
  }

  /**
   * The letter that a change must wait for, among those before `before`: an earlier change of the same record, or the
   * appearance of a record that it refers to. A record that the target has, in whatever state, blocks only itself;
   * so does everything for an archive, which needs nobody.
   */
  blockerOf({ kind, id, action, after }: Subject, before?: number): Letter | undefined {
    if (this.#letters.size === 0) return undefined
    const own = this.earlierOf(kind, id, before)
    if (own !== undefined || action === "archive") return own
    for (const key of referencesOf(kind, after)) {
      const [first] = this.#byRecord.get(key) ?? []
      if (first === undefined || first.number >= (before ?? Number.POSITIVE_INFINITY)) continue
      if (first.action === "create" || first.action === "restore") return first
    }
    return undefined
  }
}
