import { actionWords } from "../exchange/index.ts"
import type { RecordChange, RosterReader } from "../index.ts"
import { oneLine } from "./output.ts"

/**
 * A change as a person reads it: the record, and below it each field that is not new altogether. Of an archived record
 * also its name and those of its schools, for whoever has to say whether it may go.
 */
export function changeLines(change: RecordChange, schoolNames: readonly string[] = []): string[] {
  const { kind, id, action, fields, joined, left } = change
  const lines = [`${kind} ${id} ${actionWords[action]}${archivedText(change, schoolNames)}`]
  if (action !== "create") {
    const people = joined.length + left.length > 0
    for (const { path, before, after } of fields) {
      if (people && (path === "students" || path === "teachers")) continue
      lines.push(`  ${oneLine(path)}: ${valueText(before)} -> ${valueText(after)}`)
    }
  }
  for (const { id: userId, role } of joined) lines.push(`  joined: ${role} ${userId}`)
  for (const { id: userId, role } of left) lines.push(`  left: ${role} ${userId}`)
  return lines
}

/** The names of a district's schools, each looked up once. */
export class SchoolNames {
  readonly #roster: Pick<RosterReader, "record">
  readonly #districtId: string
  readonly #names = new Map<string, string | undefined>()

  constructor(roster: Pick<RosterReader, "record">, districtId: string) {
    this.#roster = roster
    this.#districtId = districtId
  }

  /** The schools of an archived record, those whose name is known; none of any other change. */
  async of({ archived = [] }: RecordChange): Promise<string[]> {
    const names: string[] = []
    for (const id of schoolsOf(archived)) {
      if (!this.#names.has(id)) this.#names.set(id, await this.#lookUp(id))
      const name = this.#names.get(id)
      if (name !== undefined) names.push(name)
    }
    return names
  }

  async #lookUp(id: string): Promise<string | undefined> {
    const school = await this.#roster.record({ districtId: this.#districtId, kind: "school", id })
    return school?.data.name ?? undefined
  }
}

type Fields = RecordChange["fields"]

function archivedText({ archived = [] }: RecordChange, schoolNames: readonly string[]): string {
  const name = nameText(beforeOf(archived, "name"))
  const schools = schoolNames.length === 0 ? "" : ` (${schoolNames.join(", ")})`
  return name === "" && schools === "" ? "" : oneLine(`: ${name}${schools}`)
}

/** A person's name has parts; others are one text. */
function nameText(name: unknown): string {
  if (typeof name === "string") return name
  const { first, middle, last } = (name ?? {}) as Partial<Record<"first" | "middle" | "last", unknown>>
  return [first, middle, last].filter((part) => typeof part === "string" && part !== "").join(" ")
}

function schoolsOf(archived: Fields): Set<string> {
  const roles = Object.values((beforeOf(archived, "roles") ?? {}) as object)
  const places = [{ school: beforeOf(archived, "school") }, ...roles] as {
    school?: unknown
    schools?: unknown
  }[]
  const ids = places.flatMap((place) => [
    place?.school,
    ...(Array.isArray(place?.schools) ? place.schools : []),
  ])
  return new Set(ids.filter((id) => typeof id === "string"))
}

function beforeOf(fields: Fields, path: string): unknown {
  return fields.find((field) => field.path === path)?.before
}

function valueText(value: unknown): string {
  return value === undefined ? "(none)" : oneLine(JSON.stringify(value))
}
