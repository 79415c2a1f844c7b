/** A part of an app: who is in a class, read from the stored roster. */
import type { RosterStorage, User } from "homeroom"

// #region list
/** The pupils of a section by name. */
export async function classList(
  storage: RosterStorage,
  section: { districtId: string; sectionId: string },
): Promise<string[]> {
  const { districtId, sectionId } = section
  const filter = { kind: "user", sectionId, role: "student" } as const
  const pupils = await storage.findRecords({ districtId, filter, limit: 1_000 })
  return pupils
    .map(({ data }) => JSON.parse(data) as User)
    .map(({ name }) => `${name?.last}, ${name?.first}`)
    .sort()
}
// #endregion
