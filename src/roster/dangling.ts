import type { Section } from "../models/index.ts"
import type { Kind } from "../models/kinds.ts"
import type { RosterStorage, StoredRecord } from "../storage/contract.ts"

/** An id in a section that names nothing the district shares. */
export interface DanglingReference {
  sectionId: string
  /** What the id should name, and the field it stands in. */
  kind: Kind
  field: "students" | "teachers" | "course" | "term_id" | "school"
  id: string
}

const sectionsPerPage = 100
const idsPerLookup = 1_000

/** Every such id in the district's active sections, by section. Reads each section once. */
export async function* findDanglingReferences(
  storage: RosterStorage,
  districtId: string,
): AsyncGenerator<DanglingReference> {
  let after: string | undefined
  for (;;) {
    const page = await storage.listRecords({
      districtId,
      kind: "section",
      state: "active",
      after,
      limit: sectionsPerPage,
    })
    const references = page.flatMap(referencesOf)
    const unknown = await unknownAmong(storage, districtId, references)
    for (const reference of references) if (unknown.has(keyOf(reference))) yield reference
    const last = page.at(-1)
    if (last === undefined) return
    after = last.id
  }
}

function referencesOf(record: StoredRecord): DanglingReference[] {
  const section = JSON.parse(record.data) as Section
  const sectionId = record.id
  const people = (field: "students" | "teachers") =>
    (section[field] ?? []).map((id): DanglingReference => ({ sectionId, kind: "user", field, id }))
  const references = [...people("students"), ...people("teachers")]
  const single: [DanglingReference["field"], Kind, string | null | undefined][] = [
    ["course", "course", section.course],
    ["term_id", "term", section.term_id],
    ["school", "school", section.school],
  ]
  for (const [field, kind, id] of single) if (id) references.push({ sectionId, kind, field, id })
  return references
}

async function unknownAmong(
  storage: RosterStorage,
  districtId: string,
  references: readonly DanglingReference[],
): Promise<Set<string>> {
  const unknown = new Set(references.map(keyOf))
  for (const kind of new Set(references.map((reference) => reference.kind))) {
    const ids = [...new Set(references.filter((reference) => reference.kind === kind).map(({ id }) => id))]
    for (let from = 0; from < ids.length; from += idsPerLookup) {
      const known = await storage.getRecords({ districtId, kind, ids: ids.slice(from, from + idsPerLookup) })
      for (const { id } of known) unknown.delete(`${kind} ${id}`)
    }
  }
  return unknown
}

function keyOf({ kind, id }: DanglingReference): string {
  return `${kind} ${id}`
}
