/** The scopes of an app with SSO and rostering; its district tokens have the same. */
export const appScopes: readonly string[] = [
  "read:sis",
  "read:districts",
  "read:schools",
  "read:sections",
  "read:students",
  "read:teachers",
  "read:staff",
  "read:district_admins",
  "read:school_admins",
  "read:student_contacts",
  "read:resources",
  "read:user_id",
]

/** The scopes of a Library app (recorded). */
export const libraryScopes: readonly string[] = [
  "read:district_admins_limited",
  "read:ell_status",
  "read:iep_status",
  "read:school_admins_limited",
  "read:sections_limited",
  "read:student_contacts",
  "read:students_launchpad",
  "read:students_limited",
  "read:teachers_limited",
  "read:user_id",
]
