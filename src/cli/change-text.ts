import { actionWords } from "../exchange/index.ts"
import type { RecordChange } from "../index.ts"
import { oneLine } from "./output.ts"

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

function valueText(value: unknown): string {
  return value === undefined ? "(none)" : oneLine(JSON.stringify(value))
}
