import type { Role } from "../../models/index.ts"
import type { MatchField } from "../../roster/index.ts"
import type { CleverIdentity } from "../../sso/index.ts"

/** Who logs in, with what a login may know besides. */
export interface LoginIdentity extends CleverIdentity {
  /**
   * What the id_token says under `email_verified`. Clever does not verify addresses and says `false`, unless its
   * support has switched that for the app: absent counts as `false`.
   */
  readonly emailVerified?: boolean | undefined
}

/** One question to the app: whose account has this value? */
export interface AccountQuery {
  /** Look at the accounts of this district alone. */
  readonly districtId: string
  /** Look at accounts of this role alone; null for an id of Clever's, which is the person's whatever the role. */
  readonly role: Role | null
  readonly field: MatchField
  /** As Clever has it; compare it exactly, or e-mail addresses without regard to case. */
  readonly value: string
}

/** An account that has a certain e-mail address. */
export interface EmailAccount {
  readonly accountId: string
  /** True if the app has made sure that the account's owner reads mail sent there. */
  readonly emailVerified: boolean
}

/** The accounts that the app has already. Each answer is a list of account ids; an empty one if there is none. */
export interface AppAccounts {
  /** Whose account this is, for connections without provisioning and for the Clever Library. */
  find?(identity: LoginIdentity): Promise<readonly string[]> | readonly string[]
  /** Whose account has this value, for connections with provisioning (S26). */
  findBy?(query: AccountQuery): Promise<readonly string[]> | readonly string[]
  /** Who has this address, in this district; asked only if `linkPolicy` is not `never`. */
  findByEmail?(query: {
    readonly districtId: string | null
    readonly email: string
  }): Promise<readonly EmailAccount[]> | readonly EmailAccount[]
}
