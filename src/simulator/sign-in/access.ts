import type { Role } from "../../models/kinds.ts"
import { parseObject } from "../json.ts"
import { idsIn, rolesOf } from "../kinds.ts"
import type { Grant } from "./grant.ts"
import type { Person } from "./person.ts"
import type { SimulatedApp } from "./simulated-app.ts"

/** Why somebody can't use an app: what Clever's own page then says, and apps never learn. */
export type Refusal =
  | "unshared"
  | "unsupported-user-type"
  | "not-launched"
  | "library-role"
  | "library-no-teacher"
  | "library-blocked"

/** Whether somebody can use an app; a teacher may have to install a Library app first. */
export type AccessDecision =
  | { state: "granted"; grant: Grant }
  | { state: "refused"; reason: Refusal }
  | { state: "consent-needed" }

/** Decides as Clever does: the district's authority goes before a teacher's. */
export function decideAccess(options: { app: SimulatedApp; person: Person; role: Role }): AccessDecision {
  const byDistrict = decideByDistrict(options)
  if (byDistrict.state === "granted" || !options.app.library) return byDistrict
  return decideByLibrary(options)
}

function decideByDistrict({ app, person, role }: Parameters<typeof decideAccess>[0]): AccessDecision {
  const { district, id } = person
  if (!app.isUsedBy(district.id) || district.token === undefined)
    return { state: "refused", reason: "not-launched" }
  const shown = district.data.store("user").get(id)
  if (shown === undefined || app.unsharedPeople.has(id)) return { state: "refused", reason: "unshared" }
  const held = rolesOf(parseObject(shown))
  const usable = person.roles.filter((own) => held.includes(own) && app.userTypes.includes(own))
  const [first] = usable
  if (first === undefined) return { state: "refused", reason: "unsupported-user-type" }
  const used = usable.includes(role) ? role : first
  return {
    state: "granted",
    grant: { personId: id, districtId: district.id, role: used, authorizedBy: "district" },
  }
}

function decideByLibrary({ app, person }: Parameters<typeof decideAccess>[0]): AccessDecision {
  const { district, id } = person
  const grantTo = (role: Role): AccessDecision => ({
    state: "granted",
    grant: { personId: id, districtId: district.id, role, authorizedBy: "teacher" },
  })
  if (app.blockedIn.has(district.id)) return { state: "refused", reason: "library-blocked" }
  const [role] = person.roles.filter((own) => own === "teacher" || own === "student")
  if (role === undefined) return { state: "refused", reason: "library-role" }
  if (!app.userTypes.includes(role)) return { state: "refused", reason: "unsupported-user-type" }
  if (role === "teacher") {
    return app.installedBy.has(id) ? grantTo("teacher") : { state: "consent-needed" }
  }
  for (const text of district.data.texts("section").values()) {
    if (!text.includes(id)) continue
    const section = parseObject(text)
    if (!idsIn(section.students).includes(id)) continue
    if (idsIn(section.teachers).some((teacher) => app.installedBy.has(teacher))) return grantTo("student")
  }
  return { state: "refused", reason: "library-no-teacher" }
}
