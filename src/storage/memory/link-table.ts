import type {
  AccountLink,
  LinkClaim,
  LinkKey,
  LinkMove,
  LinkMoved,
  LinkQuery,
  LinkSelection,
} from "../contract.ts"
import { page } from "./ordered-map.ts"

/** Whose account is whose. What goes in and out is copied. */
export class LinkTable {
  readonly #links = new Map<string, AccountLink>()

  get(key: LinkKey): AccountLink | undefined {
    return structuredClone(this.#links.get(placeOf(key)))
  }

  list({ districtId, accountId, after, limit }: LinkQuery): AccountLink[] {
    return page(this.#sorted(), limit, (link) => {
      if (after !== undefined && !isBefore(after, link)) return undefined
      if (districtId !== undefined && link.districtId !== districtId) return undefined
      if (accountId !== undefined && link.accountId !== accountId) return undefined
      return { ...link }
    })
  }

  claim(link: AccountLink, exclusive: boolean): LinkClaim {
    let known = this.#links.get(placeOf(link))
    if (known === undefined && exclusive) known = this.list({ accountId: link.accountId, limit: 1 })[0]
    if (known !== undefined) return { claimed: false, link: { ...known } }
    this.#put(link)
    return { claimed: true, link: { ...link } }
  }

  move({ issuer, cleverId, legacyIds, districtId }: LinkMove): LinkMoved {
    const links = [...new Set([cleverId, ...legacyIds])]
      .sort()
      .map((id) => this.#links.get(placeOf({ issuer, cleverId: id })))
      .filter((link) => link !== undefined)
    if (links.length === 0) return { state: "none" }
    const accounts = new Set(links.map((link) => link.accountId))
    const districts = new Set([districtId, ...links.map((link) => link.districtId)])
    districts.delete(null)
    if (accounts.size > 1 || districts.size > 1) {
      return { state: "conflict", links: links.map((link) => ({ ...link })) }
    }
    const oldest = links.reduce((first, link) => (link.linkedAt < first.linkedAt ? link : first))
    const kept = links.find((link) => link.cleverId === cleverId) ?? oldest
    const from = links.map((link) => link.cleverId).filter((id) => id !== cleverId)
    for (const id of from) this.#links.delete(placeOf({ issuer, cleverId: id }))
    const moved = { ...kept, cleverId, districtId: districtId ?? kept.districtId }
    this.#put(moved)
    return { state: "linked", link: { ...moved }, from }
  }

  delete(selection: LinkSelection): number {
    const isWanted = (link: AccountLink) => {
      if ("cleverId" in selection) return placeOf(link) === placeOf(selection)
      if ("accountId" in selection) return link.accountId === selection.accountId
      return link.districtId === selection.districtId
    }
    const gone = [...this.#links].filter(([, link]) => isWanted(link))
    for (const [place] of gone) this.#links.delete(place)
    return gone.length
  }

  /** Removes whatever is linked under this id, at any issuer. */
  erase(cleverId: string): number {
    const gone = [...this.#links].filter(([, link]) => link.cleverId === cleverId)
    for (const [place] of gone) this.#links.delete(place)
    return gone.length
  }

  /** Everything that it holds. */
  entries(): Iterable<unknown> {
    return this.#links.values()
  }

  clear(): void {
    this.#links.clear()
  }

  #put({ issuer, cleverId, accountId, districtId, linkedAt, linkedBy }: AccountLink): void {
    const link = { issuer, cleverId, accountId, districtId, linkedAt, linkedBy }
    this.#links.set(placeOf(link), link)
  }

  #sorted(): AccountLink[] {
    return [...this.#links.values()].sort((a, b) => (isBefore(a, b) ? -1 : 1))
  }
}

function placeOf({ issuer, cleverId }: LinkKey): string {
  return JSON.stringify([issuer, cleverId])
}

function isBefore(a: LinkKey, b: LinkKey): boolean {
  return a.issuer === b.issuer ? a.cleverId < b.cleverId : a.issuer < b.issuer
}
