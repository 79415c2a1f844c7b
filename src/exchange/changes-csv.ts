import type { RecordChange, RosterSync } from "../roster/index.ts"
import { csvLine } from "./csv.ts"

const pieceLength = 32_768

/** What was done with a record, in a word. */
export const actionWords: Readonly<Record<RecordChange["action"], string>> = {
  create: "created",
  update: "updated",
  archive: "archived",
  restore: "restored",
}

/** The heading of the CSV file. */
export const changeCsvHeading: string = csvLine(["kind", "id", "action", "field", "before", "after"])

/**
 * A change as lines of CSV, one for each field, and one for each person who joined or left a section. An archived
 * record's lines are all the fields that it had, so that the file says who is meant.
 */
export function changeCsvLines(change: RecordChange): string {
  const { kind, id, action, fields, archived = [], joined, left } = change
  const record = [kind, id, actionWords[action]]
  const changed = new Set(fields.map(({ path }) => path))
  const lines = [
    ...[...fields, ...archived.filter(({ path }) => !changed.has(path))].map(({ path, before, after }) =>
      csvLine([...record, path, csvValue(before), csvValue(after)]),
    ),
    ...joined.map((person) => csvLine([...record, `joined as ${person.role}`, "", person.id])),
    ...left.map((person) => csvLine([...record, `left as ${person.role}`, person.id, ""])),
  ]
  return lines.length === 0 ? csvLine([...record, "", "", ""]) : lines.join("")
}

/**
 * What a run changed, or would change, as a CSV file for a spreadsheet, piece by piece: a cell that looks like a
 * formula is disarmed. Rejects as `RosterSync.changes` does. Costs one page of changes, however many there are.
 */
export async function* changesCsv(
  roster: Pick<RosterSync, "changes">,
  runId: string,
): AsyncGenerator<string> {
  let pending = changeCsvHeading
  for await (const change of roster.changes(runId)) {
    pending += changeCsvLines(change)
    if (pending.length < pieceLength) continue
    yield pending
    pending = ""
  }
  if (pending !== "") yield pending
}

function csvValue(value: unknown): string {
  if (value === undefined || value === null) return ""
  return typeof value === "string" ? value : JSON.stringify(value)
}
