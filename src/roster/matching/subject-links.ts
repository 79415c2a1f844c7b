import type { DocumentStore, LoginStore } from "../../storage/contract.ts"
import { freeAccounts, maxCandidates } from "./free-accounts.ts"

/** A link to be made. */
export interface WantedLink {
  districtId: string
  /** Of the person or the school. */
  cleverId: string
  accountId: string
  /** Who or what decides. */
  by: string
}

/** Whose account is whose, for people or for schools: one account each, and nobody else's. */
export interface SubjectLinks {
  /** The account that is linked; undefined if none is. */
  get(districtId: string, cleverId: string): Promise<string | undefined>
  /** The accounts that nobody else has, each once; of many, the first ones. */
  free(districtId: string, cleverId: string, accounts: readonly string[]): Promise<string[]>
  /** Makes a link, unless one of the two is linked already; what is linked now is the answer. */
  claim(link: WantedLink): Promise<{ readonly claimed: boolean; readonly accountId: string | undefined }>
}

/** People are linked where sign-in looks for them. */
export class PersonLinks implements SubjectLinks {
  readonly #storage: LoginStore
  readonly #issuer: string
  readonly #clock: () => number

  constructor(options: { storage: LoginStore; issuer: string; clock: () => number }) {
    this.#storage = options.storage
    this.#issuer = options.issuer
    this.#clock = options.clock
  }

  async get(_: string, cleverId: string): Promise<string | undefined> {
    return (await this.#storage.getLink({ issuer: this.#issuer, cleverId }))?.accountId
  }

  free(_: string, cleverId: string, accounts: readonly string[]): Promise<string[]> {
    return freeAccounts(this.#storage, { issuer: this.#issuer, cleverId }, accounts)
  }

  async claim(link: WantedLink): Promise<{ claimed: boolean; accountId: string | undefined }> {
    const { districtId, cleverId, accountId, by } = link
    const issuer = this.#issuer
    const linkedAt = new Date(this.#clock()).toISOString()
    const { claimed, link: known } = await this.#storage.claimLink(
      { issuer, cleverId, accountId, districtId, linkedAt, linkedBy: by },
      { exclusive: true },
    )
    const isOwn = known.issuer === issuer && known.cleverId === cleverId
    return { claimed, accountId: isOwn ? known.accountId : undefined }
  }

  /** Brings the link under former ids to the present one: see `moveLink` of the storage. */
  async move(options: { districtId: string; cleverId: string; formerIds: readonly string[] }): Promise<{
    state: "none" | "linked" | "conflict"
    accountId: string | undefined
  }> {
    const { districtId, cleverId, formerIds } = options
    const moved = await this.#storage.moveLink({
      issuer: this.#issuer,
      cleverId,
      legacyIds: formerIds,
      districtId,
    })
    return { state: moved.state, accountId: moved.state === "linked" ? moved.link.accountId : undefined }
  }
}

/** A school of the app and the school at Clever that it is. */
export interface SchoolLink {
  readonly districtId: string
  readonly schoolId: string
  readonly accountId: string
  /** ISO 8601 in UTC. */
  readonly linkedAt: string
  readonly linkedBy: string
}

const collection = "school-links"

/**
 * Schools are linked apart from people, whose account ids may look the same. Two documents for each link, one under
 * the school and one under the account, are written at once, so that neither can have two.
 */
export class SchoolLinks implements SubjectLinks {
  readonly #storage: DocumentStore
  readonly #clock: () => number

  constructor(options: { storage: DocumentStore; clock: () => number }) {
    this.#storage = options.storage
    this.#clock = options.clock
  }

  async get(districtId: string, cleverId: string): Promise<string | undefined> {
    return (await this.#read(schoolKey(districtId, cleverId)))?.accountId
  }

  async free(districtId: string, cleverId: string, accounts: readonly string[]): Promise<string[]> {
    const free: string[] = []
    for (const accountId of new Set(accounts)) {
      if (free.length === maxCandidates) break
      const link = await this.#read(accountKey(accountId))
      if (link === undefined || (link.districtId === districtId && link.schoolId === cleverId)) {
        free.push(accountId)
      }
    }
    return free
  }

  async claim(wanted: WantedLink): Promise<{ claimed: boolean; accountId: string | undefined }> {
    const { districtId, cleverId: schoolId, accountId, by: linkedBy } = wanted
    const linkedAt = new Date(this.#clock()).toISOString()
    const value: SchoolLink = { districtId, schoolId, accountId, linkedAt, linkedBy }
    const claimed = await this.#storage.writeDocuments(
      [schoolKey(districtId, schoolId), accountKey(accountId)].map((key) => ({
        collection,
        key,
        districtId,
        subjects: [schoolId],
        value,
        expect: 0,
      })),
    )
    return { claimed, accountId: claimed ? accountId : await this.get(districtId, schoolId) }
  }

  /** Removes a school's link; false if there is none. */
  async remove(districtId: string, schoolId: string): Promise<boolean> {
    const key = schoolKey(districtId, schoolId)
    const document = await this.#storage.getDocument(collection, key)
    if (document === undefined) return false
    const { accountId } = document.value as SchoolLink
    return this.#storage.writeDocuments([
      { collection, key, delete: true, expect: document.revision },
      { collection, key: accountKey(accountId), delete: true },
    ])
  }

  /** In ascending school id, from after `after`. */
  async list(query: {
    districtId: string
    after?: string | undefined
    limit: number
  }): Promise<SchoolLink[]> {
    const { districtId, after, limit } = query
    const documents = await this.#storage.listDocuments({
      collection,
      districtId,
      prefix: schoolKey(districtId, ""),
      after: after === undefined ? undefined : schoolKey(districtId, after),
      limit,
    })
    return documents.map(({ value }) => value as SchoolLink)
  }

  async #read(key: string): Promise<SchoolLink | undefined> {
    const document = await this.#storage.getDocument(collection, key)
    return document?.value as SchoolLink | undefined
  }
}

function schoolKey(districtId: string, schoolId: string): string {
  return `school:${districtId}:${schoolId}`
}

function accountKey(accountId: string): string {
  return `account:${accountId}`
}
