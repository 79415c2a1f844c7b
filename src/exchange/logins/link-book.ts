import { auditText, HomeroomError } from "../../errors/index.ts"
import type { AccountMatch } from "../../roster/index.ts"
import type { AccountLink, LinkKey, LinkMoved, LoginStore } from "../../storage/contract.ts"
import type { LoginIdentity } from "./app-accounts.ts"
import { checkProof, type LinkProof } from "./link-proof.ts"
import type { AccountAuditEvent } from "./login-audit.ts"

export interface LinkAccountRequest {
  identity: LoginIdentity
  accountId: string
  proof: LinkProof
  /** Whether an account that is linked to another identity may get this one as well. Default false. */
  shared?: boolean | undefined
  /** Who did it, for people to read. Default: the proof's kind. */
  by?: string | undefined
}

/** Finds, makes and removes the links between Clever identities and accounts. */
export class LinkBook {
  readonly #storage: LoginStore
  readonly #clock: () => number
  readonly #audit: (event: AccountAuditEvent) => void

  constructor(options: {
    storage: LoginStore
    clock: () => number
    /** Must not throw. */
    audit: (event: AccountAuditEvent) => void
  }) {
    this.#storage = options.storage
    this.#clock = options.clock
    this.#audit = options.audit
  }

  /** The link under the present id, once those under older ids of whatever role have been brought there (R45). */
  async find(identity: LoginIdentity, districtId: string | null): Promise<LinkMoved> {
    const { issuer, cleverId } = identity
    const legacyIds = [...new Set(identity.legacyIds)].filter((id) => id !== cleverId)
    const [own, ...older] = await Promise.all(
      [cleverId, ...legacyIds].map((id) => this.#storage.getLink({ issuer, cleverId: id })),
    )
    const isOlder = older.some((link) => link !== undefined)
    if (own === undefined && !isOlder) return { state: "none" }
    if (own !== undefined && !isOlder && (districtId === null || own.districtId === districtId)) {
      return { state: "linked", link: own, from: [] }
    }
    const moved = await this.#storage.moveLink({ issuer, cleverId, legacyIds, districtId })
    if (moved.state === "linked" && moved.from.length > 0) this.#tell("link", moved.link, "legacy-id")
    return moved
  }

  /** Links a person to the account that was found for them; null if somebody else has it. */
  async claim(
    identity: LoginIdentity,
    found: { districtId: string | null; match: Extract<AccountMatch, { state: "unique" }> },
  ): Promise<AccountLink | null> {
    const { accountId, field } = found.match
    const linkedBy = field === null ? "accounts.find" : `match:${field}`
    const link = this.#make(identity, { accountId, districtId: found.districtId, linkedBy })
    const answer = await this.#storage.claimLink(link, { exclusive: true })
    if (answer.claimed) this.#tell("link", link, linkedBy)
    // The same person may log in twice at once: whichever link came first is theirs.
    return answer.claimed || isSameKey(answer.link, link) ? answer.link : null
  }

  /**
   * Links an identity to an account on proof. An account that is linked to another identity is refused unless
   * `shared`: a teacher who is a parent as well has two. Linking what is linked already changes nothing.
   *
   * Rejects with `LINK_PROOF_INVALID`, and with `LINK_CONFLICT` if the identity, or an older id of it, is linked to
   * another account.
   */
  async link({ identity, accountId, proof, shared = false, by }: LinkAccountRequest): Promise<AccountLink> {
    checkProof(proof, { key: identity, accountId, nowMs: this.#clock() })
    const districtId = identity.authorizedBy === "teacher" ? null : identity.districtId
    const known = await this.find(identity, districtId)
    if (known.state === "linked" && known.link.accountId === accountId) return known.link
    if (known.state !== "none") throw linkConflict(identity)
    const linkedBy = auditText(by ?? `proof:${proof.kind}`)
    const link = this.#make(identity, { accountId, districtId, linkedBy })
    const answer = await this.#storage.claimLink(link, { exclusive: !shared })
    if (answer.claimed) this.#tell("link", link, linkedBy)
    else if (!isSameKey(answer.link, link) || answer.link.accountId !== accountId) {
      throw linkConflict(identity)
    }
    return answer.link
  }

  /** Removes the link of an identity; false if there is none. */
  async unlink({ issuer, cleverId, by }: LinkKey & { by: string }): Promise<boolean> {
    const link = await this.#storage.getLink({ issuer, cleverId })
    if (link === undefined || (await this.#storage.deleteLinks({ issuer, cleverId })) === 0) return false
    this.#tell("unlink", link, by)
    return true
  }

  #make(
    { issuer, cleverId }: LinkKey,
    { accountId, districtId, linkedBy }: Pick<AccountLink, "accountId" | "districtId" | "linkedBy">,
  ): AccountLink {
    return { issuer, cleverId, accountId, districtId, linkedAt: this.#now(), linkedBy }
  }

  #tell(type: "link" | "unlink", link: AccountLink, by: string): void {
    const { issuer, cleverId, accountId, districtId } = link
    this.#audit({ type, at: this.#now(), issuer, cleverId, accountId, districtId, by })
  }

  #now(): string {
    return new Date(this.#clock()).toISOString()
  }
}

function isSameKey(a: LinkKey, b: LinkKey): boolean {
  return a.issuer === b.issuer && a.cleverId === b.cleverId
}

function linkConflict({ issuer, cleverId }: LinkKey): HomeroomError {
  return new HomeroomError("LINK_CONFLICT", { details: { issuer, cleverId } })
}
