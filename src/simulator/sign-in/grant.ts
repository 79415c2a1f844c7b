import type { Role } from "../../models/kinds.ts"

/** Who logs in to an app, in which role, and on whose authority. */
export interface Grant {
  readonly personId: string
  readonly districtId: string
  /** The role of the login's context: what `user_type` says. */
  readonly role: Role
  /** `teacher` for Library logins. */
  readonly authorizedBy: "district" | "teacher"
}
