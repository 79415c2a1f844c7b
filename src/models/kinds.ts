/** The kinds of record that a roster holds, in dependency order: a kind refers only to kinds before it. */
export const kinds: readonly ["district", "school", "term", "course", "user", "section"] = [
  "district",
  "school",
  "term",
  "course",
  "user",
  "section",
]

/** One of the six kinds of record that a roster holds. */
export type Kind = (typeof kinds)[number]

/** The roles a Clever user may have; a user has one role object for each. */
export const roles: readonly ["student", "teacher", "staff", "district_admin", "contact"] = [
  "student",
  "teacher",
  "staff",
  "district_admin",
  "contact",
]

/** A role of a Clever user. */
export type Role = (typeof roles)[number]

/** A version of Clever's Data API. */
export type ApiVersion = "v3.0" | "v3.1"
