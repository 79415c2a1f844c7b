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

/** Whom each account would be linked to, until all are known: two who are led to one account get nothing by order. */
export class TentativeMatches {
  /** By account: the number of the match, plus one; -1 if there were two. */
  readonly #matches = new NumberColumn(new Int32Array())
  readonly #cleverIds = new TextPack()
  /** By match: its place in `#ways`. */
  readonly #wayOf = new NumberColumn(new Uint8Array())
  readonly #ways: Omit<TentativeMatch, "cleverId">[] = []

  /** Adds a match. If the account is somebody else's already, none keeps it; answers with whoever it was. */
  add(account: number, match: TentativeMatch): { rival: TentativeMatch | null } | undefined {
    const known = this.#matches.get(account)
    if (known === -1) return { rival: null }
    if (known > 0) {
      const rival = this.#at(known - 1)
      if (rival.cleverId === match.cleverId && rival.kind === match.kind) return undefined
      this.#matches.set(account, -1)
      return { rival }
    }
    const number = this.#cleverIds.add(match.cleverId)
    this.#wayOf.set(number, this.#way(match))
    this.#matches.set(account, number + 1)
    return undefined
  }

  /** The one who is led to the account; undefined if nobody is, or several are. */
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
