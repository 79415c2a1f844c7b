import { hideReferences } from "../../models/hide-references.ts"
import { type Kind, kinds } from "../../models/kinds.ts"
import { stripContent } from "../../models/strip-content.ts"
import { hideInRun } from "../adapter/hide-in-run.ts"
import type { ConnectionStep, ErasureCounts, Run } from "../contract.ts"
import type { MemoryTables } from "./memory-tables.ts"

/** Removes a record with all that tells of it, and every mention of its id in what tells of others. */
export function eraseRecord(
  tables: MemoryTables,
  record: { districtId: string; kind: Kind; id: string },
): ErasureCounts {
  const { districtId, kind, id } = record
  const counts = noCounts()
  const roster = tables.rosters.get(districtId)
  if (roster?.remove(kind, id)) counts.records++
  let isChanged = counts.records > 0
  for (const run of tables.runs.ofDistrict(districtId)) {
    const file = tables.files.get(run.id)
    counts.contents += file?.removeRecord(kind, id) ?? 0
    const stripped = file?.strip({ id, districtId })
    counts.contents += stripped?.contents ?? 0
    counts.mentions += stripped?.mentions ?? 0
    const hidden = hideInRun(JSON.stringify(run), id)
    if (hidden === undefined) continue
    if (hidden.startsOver) file?.dropStaged()
    tables.runs.put(JSON.parse(hidden.document) as Run)
  }
  for (const stored of kinds.flatMap((one) => [...(roster?.records[one].after("") ?? [])])) {
    const content = stripContent(stored.kind, stored, { id, districtId })
    if (content === undefined) continue
    roster?.rewrite(stored, content)
    isChanged = true
  }
  // Plans made before no longer fit (S16), and whoever reads the roster by its version sees that it is another.
  if (roster !== undefined && isChanged) roster.version++
  const connection = tables.connections.get(districtId)
  const steps = hideReferences(JSON.stringify(connection?.steps ?? []), id)
  if (connection !== undefined && steps !== undefined) {
    tables.connections.set(districtId, { ...connection, steps: JSON.parse(steps) as ConnectionStep[] })
  }
  for (const removed of [
    tables.overrides.erase(districtId, kind, id),
    tables.documents.erase(districtId, id),
  ]) {
    counts.documents += removed.documents
    counts.mentions += removed.mentions
  }
  if (kind === "user") counts.logins = tables.links.erase(id) + tables.sessions.erase(id)
  return counts
}

/** Removes a district with everything that is its own. */
export function eraseDistrict(tables: MemoryTables, districtId: string): ErasureCounts {
  const counts = noCounts()
  const head = tables.rosters.get(districtId)?.head()
  for (const { active, archived } of Object.values(head?.counts ?? {})) counts.records += active + archived
  tables.rosters.delete(districtId)
  for (const run of tables.runs.ofDistrict(districtId)) {
    counts.contents += tables.files.get(run.id)?.purge() ?? 0
    tables.files.delete(run.id)
    tables.runs.delete(run.id)
    counts.runs++
  }
  const removed = tables.documents.erase(districtId, undefined)
  counts.documents = removed.documents + tables.overrides.eraseDistrict(districtId)
  counts.mentions = removed.mentions
  counts.logins = tables.links.delete({ districtId }) + tables.sessions.forget(`district:${districtId}`)
  tables.connections.delete(districtId)
  tables.leases.erase(districtId)
  return counts
}

function noCounts(): ErasureCounts {
  return { records: 0, contents: 0, mentions: 0, documents: 0, logins: 0, runs: 0 }
}
