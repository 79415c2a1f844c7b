/** What sign-in needs: whose account is whose, what was used once, and which sessions are over. */
import { createHash } from "node:crypto"

import type { AccountLink, LinkKey, LinkMoved } from "homeroom/accounts"
import type { LinkClaim, LinkMove, LinkQuery, LinkSelection, LoginStore } from "homeroom/storage"
import { page, Table } from "../store/tables.ts"

import { AppTables } from "./app-tables.ts"

interface UsedKey {
  readonly key: string
  readonly expiresAtMs: number
  readonly subjects: readonly string[]
}

interface Epoch {
  /** A hash: an epoch outlives whom it is of, and must not say who that was. */
  readonly subject: string
  readonly epoch: number
  /** Null if it is kept for good. */
  readonly expiresAtMs: number | null
}

export class LoginTables extends AppTables implements LoginStore {
  protected readonly links: Table<AccountLink> = new Table(this, "links", (row) => [row.issuer, row.cleverId])
  protected readonly usedKeys: Table<UsedKey> = new Table(this, "used-keys", (row) => [row.key])
  protected readonly epochs: Table<Epoch> = new Table(this, "epochs", (row) => [row.subject])
  protected readonly clock: () => number

  constructor(folder: string, clock: () => number) {
    super(folder)
    this.clock = clock
  }

  async getLink({ issuer, cleverId }: LinkKey): Promise<AccountLink | undefined> {
    return this.links.get(issuer, cleverId)
  }

  async listLinks({ districtId, accountId, after, limit }: LinkQuery): Promise<AccountLink[]> {
    return page(this.links.scan([], after && [after.issuer, after.cleverId]), limit, (link) => {
      const fits =
        (districtId === undefined || link.districtId === districtId) &&
        (accountId === undefined || link.accountId === accountId)
      return fits ? link : undefined
    })
  }

  async claimLink(link: AccountLink, options: { exclusive?: boolean | undefined } = {}): Promise<LinkClaim> {
    return this.transact(() => {
      let known = this.links.get(link.issuer, link.cleverId)
      if (known === undefined && options.exclusive === true) {
        known = [...this.links.scan()].find((one) => one.accountId === link.accountId)
      }
      if (known !== undefined) return { claimed: false, link: known }
      this.links.put(link)
      return { claimed: true, link: { ...link } }
    })
  }

  async moveLink({ issuer, cleverId, legacyIds, districtId }: LinkMove): Promise<LinkMoved> {
    return this.transact(() => {
      const ids = [...new Set([cleverId, ...legacyIds])].sort()
      const links = ids.map((id) => this.links.get(issuer, id)).filter((link) => link !== undefined)
      const [first] = links
      if (first === undefined) return { state: "none" }
      const districts = new Set([districtId, ...links.map((link) => link.districtId)])
      districts.delete(null)
      if (districts.size > 1 || links.some((link) => link.accountId !== first.accountId)) {
        return { state: "conflict", links }
      }
      const kept =
        links.find((link) => link.cleverId === cleverId) ??
        links.reduce((oldest, link) => (link.linkedAt < oldest.linkedAt ? link : oldest))
      for (const link of links) this.links.delete(link)
      const link = { ...kept, cleverId, districtId: districtId ?? kept.districtId }
      this.links.put(link)
      return { state: "linked", link, from: links.map((one) => one.cleverId).filter((id) => id !== cleverId) }
    })
  }

  async deleteLinks(selection: LinkSelection): Promise<number> {
    return this.transact(() => this.removeLinks(selection))
  }

  protected removeLinks(selection: LinkSelection | { cleverId: string }): number {
    const gone = [...this.links.scan()].filter((link) =>
      Object.entries(selection).every(([name, value]) => link[name as keyof AccountLink] === value),
    )
    for (const link of gone) this.links.delete(link)
    return gone.length
  }

  async consumeOnce(key: string, expiresAtMs: number, subjects: readonly string[] = []): Promise<boolean> {
    return this.transact(() => {
      this.#prune(this.usedKeys)
      if (expiresAtMs <= this.clock() || this.usedKeys.get(key) !== undefined) return false
      this.usedKeys.put({ key, expiresAtMs, subjects })
      return true
    })
  }

  async isConsumed(key: string): Promise<boolean> {
    return (this.usedKeys.get(key)?.expiresAtMs ?? 0) > this.clock()
  }

  async forgetConsumed(subject: string): Promise<number> {
    return this.transact(() => {
      this.#prune(this.usedKeys)
      return this.removeUsedKeys((one) => one === subject)
    })
  }

  protected removeUsedKeys(isMeant: (subject: string) => boolean): number {
    const gone = [...this.usedKeys.scan()].filter((row) => row.subjects.some(isMeant))
    for (const row of gone) this.usedKeys.delete(row)
    return gone.length
  }

  async getSessionEpochs(subjects: readonly string[]): Promise<number[]> {
    this.requireOpen()
    return subjects.map((subject) => {
      const known = this.epochs.get(hashOf(subject))
      return known !== undefined && (known.expiresAtMs ?? Number.POSITIVE_INFINITY) > this.clock()
        ? known.epoch
        : 0
    })
  }

  async raiseSessionEpoch(subject: string, expiresAtMs?: number): Promise<number> {
    return this.transact(() => {
      this.#prune(this.epochs)
      const known = this.epochs.get(hashOf(subject))
      const isForGood = expiresAtMs === undefined || known?.expiresAtMs === null
      const epoch = Math.max((known?.epoch ?? 0) + 1, this.clock())
      this.epochs.put({
        subject: hashOf(subject),
        epoch,
        expiresAtMs: isForGood ? null : Math.max(known?.expiresAtMs ?? 0, expiresAtMs),
      })
      return epoch
    })
  }

  #prune<Row extends { readonly expiresAtMs: number | null }>(table: Table<Row>): void {
    for (const row of table.scan()) {
      if (row.expiresAtMs !== null && row.expiresAtMs <= this.clock()) table.delete(row)
    }
  }
}

function hashOf(subject: string): string {
  return createHash("sha256").update(subject).digest("base64url")
}
