import { districtSubject, userSubject } from "../../sso/index.ts"
import type { LinkKey, LoginStore } from "../../storage/contract.ts"
import type { AccountAuditEvent } from "./login-audit.ts"

/** No session lasts longer, unless the app says so. */
export const defaultSessionMaxMs: number = 30 * 24 * 60 * 60 * 1_000

/** What was erased. */
export interface LoginErasure {
  readonly links: number
  /** One-time keys: logins and logouts of the last hours. */
  readonly keys: number
}

/** Ends sessions that only browsers hold, and erases what sign-in knows of somebody. */
export class SessionControl {
  readonly #storage: LoginStore
  readonly #clock: () => number
  readonly #audit: (event: AccountAuditEvent) => void
  readonly #sessionMaxMs: number

  constructor(options: {
    storage: LoginStore
    clock: () => number
    /** Must not throw. */
    audit: (event: AccountAuditEvent) => void
    sessionMaxMs: number
  }) {
    this.#storage = options.storage
    this.#clock = options.clock
    this.#audit = options.audit
    this.#sessionMaxMs = options.sessionMaxMs
  }

  /** Ends the subject's sessions and returns its new epoch (R37). */
  async revoke(subject: string): Promise<number> {
    const epoch = await this.raise(subject)
    this.#audit({ type: "revoke", at: this.#now(), subject })
    return epoch
  }

  /** The same without a word in the audit log. */
  raise(subject: string): Promise<number> {
    return this.#storage.raiseSessionEpoch(subject, this.#clock() + this.#sessionMaxMs)
  }

  /** Links and keys of a person; what is left is the epoch, until no session of theirs could live any more (R55). */
  async forgetUser(person: LinkKey & { legacyIds?: readonly string[] | undefined }): Promise<LoginErasure> {
    const { issuer, legacyIds = [] } = person
    let links = 0
    let keys = 0
    for (const cleverId of new Set([person.cleverId, ...legacyIds])) {
      const subject = userSubject({ issuer, cleverId })
      // First of all: once the keys are gone, only the epoch knows of a session that was ended by hand.
      await this.raise(subject)
      links += await this.#storage.deleteLinks({ issuer, cleverId })
      keys += await this.#storage.forgetConsumed(subject)
    }
    this.#audit({ type: "erase", at: this.#now(), what: "user", districtId: null, links, keys })
    return { links, keys }
  }

  /** The same of everybody in a district. */
  async forgetDistrict(districtId: string): Promise<LoginErasure> {
    const subject = districtSubject(districtId)
    await this.raise(subject)
    const links = await this.#storage.deleteLinks({ districtId })
    const keys = await this.#storage.forgetConsumed(subject)
    this.#audit({ type: "erase", at: this.#now(), what: "district", districtId, links, keys })
    return { links, keys }
  }

  #now(): string {
    return new Date(this.#clock()).toISOString()
  }
}
