import type { Role } from "../../models/index.ts"
import type { SubjectKind } from "./account-index.ts"
import type { AnyField } from "./match-fields.ts"
import { NumberColumn } from "./number-column.ts"
import { TextPack } from "./text-pack.ts"

/** Somebody whom a matcher leads to an account. */
export interface TentativeMatch {
  kind: SubjectKind
  /** Of the person or the school. */
  cleverId: string
  role: Role | null
  field: AnyField
}

/**
 * Whom each account would be linked to, until all are known: an account to which somebody else is led, too, is contested
 * and goes to nobody. Costs some 40 bytes for each match.
 */
export class TentativeMatches {
  /** By account: the number of the first match, plus one. */
  readonly #matches = new NumberColumn(new Int32Array())
  /** By account: 1 if others are led there, too. */
  readonly #contested = new NumberColumn(new Uint8Array())
  readonly #cleverIds = new TextPack()
  /** By match: its place in `#ways`. */
  readonly #wayOf = new NumberColumn(new Uint8Array())
  readonly #ways: Omit<TentativeMatch, "cleverId">[] = []
  /** By match: the other accounts that the person has numbers of. Few have any. */
  readonly #others = new Map<number, readonly number[]>()

  /**
   * Adds a match of somebody who has numbers of `others` as well; false if the account is contested. Until somebody's
   * match is, they are taken to get their account and to leave those others alone.
   */
  add(account: number, match: TentativeMatch, others: readonly number[]): boolean {
    const known = this.get(account)
    if (known?.cleverId === match.cleverId && known.kind === match.kind) return true
    if (known !== undefined) this.contest([account])
    if (this.isContested(account)) {
      this.contest(others)
      return false
    }
    const number = this.#cleverIds.add(match.cleverId)
    this.#wayOf.set(number, this.#way(match))
    this.#matches.set(account, number + 1)
    if (others.length > 0) this.#others.set(number, others)
    return true
  }

  /** Takes note that somebody without a match is led to the accounts. Whoever loses a match by it is led to others. */
  contest(accounts: readonly number[]): void {
    const left = [...accounts]
    for (let account = left.pop(); account !== undefined; account = left.pop()) {
      if (this.isContested(account)) continue
      this.#contested.set(account, 1)
      left.push(...(this.#others.get(this.#matches.get(account) - 1) ?? []))
    }
  }

  isContested(account: number): boolean {
    return this.#contested.get(account) === 1
  }

  /** The first who was led to the account; undefined if nobody was. Not theirs if it is contested. */
  get(account: number): TentativeMatch | undefined {
    const known = this.#matches.get(account)
    return known > 0 ? this.#at(known - 1) : undefined
  }

  #at(number: number): TentativeMatch {
    const way = this.#ways[this.#wayOf.get(number)]
    if (way === undefined) throw new RangeError(`There is no match ${number}`)
    return { ...way, cleverId: this.#cleverIds.get(number) }
  }

  /** Kinds, roles and fields are few: their combinations have numbers. */
  #way({ kind, role, field }: TentativeMatch): number {
    const known = this.#ways.findIndex((way) => way.kind === kind && way.role === role && way.field === field)
    return known >= 0 ? known : this.#ways.push({ kind, role, field }) - 1
  }
}
