import { textForms, withoutEscapedAscii } from "../../models/text-forms.ts"
import type { MemoryTables } from "./memory-tables.ts"

/**
 * In how many entries of each table a text stands, in whatever way it is written; where it does not stand is left out.
 * The settings of connections are not looked at: who is left out of imports must be named there.
 */
export function countTraces(tables: MemoryTables, text: string): Record<string, number> {
  const forms = textForms(text)
  const isIn = (value: string) =>
    forms.some((form) => value.includes(form)) ||
    (value.includes("\\u00") && withoutEscapedAscii(value).includes(text))
  const traces: Record<string, number> = {}
  for (const [place, entries] of Object.entries(placesOf(tables))) {
    let count = 0
    for (const entry of entries) if (hasText(entry, isIn)) count++
    if (count > 0) traces[place] = count
  }
  return traces
}

function placesOf(tables: MemoryTables): Record<string, Iterable<unknown>> {
  const { leases, links, sessions, documents, overrides, connections, runs, files, rosters } = tables
  return {
    leases: leases.entries(),
    links: links.entries(),
    sessions: sessions.entries(),
    documents: documents.entries(),
    overrides: overrides.entries(),
    connections: [...connections.after("")].map(({ settings: _, ...connection }) => connection),
    runs: runs.entries(),
    changes: [...files].flatMap(([runId, file]) => [runId, ...file.entries()]),
    records: [...rosters].flatMap(([districtId, { records, ...head }]) => [
      districtId,
      head,
      ...Object.values(records).flatMap((ofKind) => [...ofKind.after("")]),
    ]),
  }
}

/** Whether some text within a value is meant, names of members included. */
function hasText(value: unknown, isIn: (text: string) => boolean): boolean {
  if (typeof value === "string") return isIn(value)
  if (typeof value !== "object" || value === null) return false
  return Object.entries(value).some(([name, inner]) => isIn(name) || hasText(inner, isIn))
}
