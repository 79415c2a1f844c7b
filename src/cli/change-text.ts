import type { RecordChange } from "../index.ts"
import { csvLine } from "./csv.ts"
import { oneLine } from "./output.ts"

const actionWords: Readonly<Record<RecordChange["action"], string>> = {
  create: "created",
  update: "updated",
  archive: "archived",
  restore: "restored",
}

/** A change as a person reads it: the record, and below it each field that is not new altogether. */
export function changeLines(change: RecordChange): string[] {
  const { kind, id, action, fields, joined, left } = change
  const lines = [`${kind} ${id} ${actionWords[action]}`]
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

/** The heading of the CSV file. */
export const changeCsvHeading: string = csvLine(["kind", "id", "action", "field", "before", "after"])

/** A change as lines of CSV, one for each field, and one for each person who joined or left a section. */
export function changeCsvLines(change: RecordChange): string {
  const { kind, id, action, fields, joined, left } = change
  const record = [kind, id, actionWords[action]]
  const lines = [
    ...fields.map(({ path, before, after }) => csvLine([...record, path, csvValue(before), csvValue(after)])),
    ...joined.map((person) => csvLine([...record, `joined as ${person.role}`, "", person.id])),
    ...left.map((person) => csvLine([...record, `left as ${person.role}`, person.id, ""])),
  ]
  return lines.length === 0 ? csvLine([...record, "", "", ""]) : lines.join("")
}

function valueText(value: unknown): string {
  return value === undefined ? "(none)" : oneLine(JSON.stringify(value))
}

function csvValue(value: unknown): string {
  if (value === undefined || value === null) return ""
  return typeof value === "string" ? value : JSON.stringify(value)
}
