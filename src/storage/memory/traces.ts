import { traceFinder } from "../adapter/trace-finder.ts"
import type { MemoryTables } from "./memory-tables.ts"

/**
 * In how many entries of each table a text stands, in whatever way it is written; where it does not stand is left out.
 * The settings of connections are not looked at: who is left out of imports must be named there.
 */
export function countTraces(tables: MemoryTables, text: string): Record<string, number> {
  const hasTrace = traceFinder(text)
  const traces: Record<string, number> = {}
  for (const [place, entries] of Object.entries(placesOf(tables))) {
    let count = 0
    for (const entry of entries) if (hasTrace(entry)) count++
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
