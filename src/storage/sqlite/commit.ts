import { setImmediate as nextTick } from "node:timers/promises"
import { HomeroomError } from "../../errors/index.ts"
import { kinds } from "../../models/kinds.ts"
import type { Action, CommitRequest, DistrictHead, Run, StagedCount } from "../contract.ts"
import { actionCode, actionOf, actions, kindCode, kindOf } from "../sql/codes.ts"
import { countCommitted } from "../sql/count-committed.ts"
import type { Statements } from "./statements.ts"

/** Changes written between two looks at the event loop: some 20 ms. */
const chunk = 10_000

const contentActions: readonly Action[] = ["create", "update", "restore", "refresh"]

/**
 * Turns a run's staged changes into the roster, inside the caller's write transaction. The district's new version;
 * null if no record was written.
 */
export async function commitRun(
  statements: Statements,
  target: { district: number; run: number },
  request: CommitRequest,
  staged: readonly StagedCount[],
): Promise<number | null> {
  const { district, run } = target
  const head = statements.get("SELECT version, counts FROM homeroom_districts WHERE key = ?", district)
  if (head?.version !== request.basis) {
    throw new HomeroomError("PLAN_STALE", {
      details: { districtId: request.run.districtId, basis: request.basis, version: head?.version },
    })
  }
  const counts = JSON.parse(String(head.counts)) as DistrictHead["counts"]
  const wanted = staged.filter(({ action }) => request.actions.includes(action))
  const written = countCommitted(counts, wanted)

  const dropped = staged.filter(
    ({ action }) => action !== "reject" && (action === "unchanged" || !request.actions.includes(action)),
  )
  for (const action of new Set(dropped.map((entry) => entry.action))) {
    dropStaged(statements, run, action)
  }
  for (const kind of kinds) {
    const kindsActions = wanted.filter((entry) => entry.kind === kind).map((entry) => entry.action)
    if (kindsActions.some((action) => contentActions.includes(action))) {
      await writeContents(statements, district, run, kindCode(kind))
    }
    if (kindsActions.includes("archive")) {
      archive(statements, { district, run, kind: kindCode(kind), at: endOf(request.run) })
    }
  }
  statements.run(
    "UPDATE homeroom_districts SET version = version + ?, cursor = ?, last_run = ?, counts = ? WHERE key = ?",
    written > 0 ? 1 : 0,
    request.cursor === null ? null : JSON.stringify(request.cursor),
    request.run.id,
    JSON.stringify(counts),
    district,
  )
  return written > 0 ? request.basis + 1 : null
}

/** Removes everything that a run has staged. */
export function dropAllStaged(statements: Statements, run: number): void {
  for (const action of actions) dropStaged(statements, run, action)
}

/** Removes a run's staged changes of one action with their lookup entries. */
function dropStaged(statements: Statements, run: number, action: Action): void {
  const code = actionCode(action)
  // The partial index serves every action but `create`.
  const condition = action === "create" ? "run = ? AND action = ?" : "run = ? AND action = ? AND action > 0"
  if (contentActions.includes(action) || action === "archive") {
    const withContent = action === "archive" ? "AND data IS NOT NULL" : ""
    statements.run(
      `DELETE FROM homeroom_lookup
       WHERE rowid IN (SELECT key FROM homeroom_changes WHERE ${condition} ${withContent})`,
      run,
      code,
    )
  }
  statements.run(`DELETE FROM homeroom_changes WHERE ${condition}`, run, code)
}

async function writeContents(
  statements: Statements,
  district: number,
  run: number,
  kind: number,
): Promise<void> {
  let after = ""
  for (;;) {
    const upTo = statements.get(chunkEndSql, run, kind, after, chunk - 1)?.id ?? null
    statements.run(writeSql, district, run, kind, after, upTo, upTo)
    if (upTo === null) return
    after = String(upTo)
    await nextTick()
  }
}

const chunkEndSql = `
SELECT id FROM homeroom_changes WHERE run = ? AND kind = ? AND id > ? ORDER BY id LIMIT 1 OFFSET ?`

const writeSql = `
INSERT INTO homeroom_records (district, kind, id, active, content, raw, canonical)
SELECT ?, kind, id, 1, key, raw, canonical FROM homeroom_changes
WHERE run = ? AND kind = ? AND id > ? AND (? IS NULL OR id <= ?) AND action IN (0, 1, 2, 4)
ORDER BY id
ON CONFLICT (district, kind, id) DO UPDATE SET
  active = 1, content = excluded.content, raw = excluded.raw, canonical = excluded.canonical, archived_at = NULL`

function archive(
  statements: Statements,
  { district, run, kind, at }: { district: number; run: number; kind: number; at: number },
): void {
  const staged = [run, actionCode("archive"), kind] as const
  statements.run(
    `UPDATE homeroom_records SET active = 0, archived_at = ?
     WHERE district = ? AND kind = ? AND id IN (SELECT id FROM homeroom_changes WHERE ${archivesSql})`,
    at,
    district,
    kind,
    ...staged,
  )
  statements.run(
    `UPDATE homeroom_records SET (content, raw, canonical) =
       (SELECT key, raw, canonical FROM homeroom_changes c
        WHERE c.run = ? AND c.kind = ? AND c.id = homeroom_records.id)
     WHERE district = ? AND kind = ? AND id IN
       (SELECT id FROM homeroom_changes WHERE ${archivesSql} AND data IS NOT NULL)`,
    run,
    kind,
    district,
    kind,
    ...staged,
  )
}

const archivesSql = "run = ? AND action = ? AND kind = ? AND action > 0"

/** In milliseconds since 1970. */
function endOf({ finishedAt, startedAt }: Run): number {
  return Date.parse(finishedAt ?? startedAt)
}

/** How many changes a run has staged, by kind and action. */
export function countStaged(statements: Statements, run: number): StagedCount[] {
  const others = statements.all(
    `SELECT kind, action, count(*) AS count FROM homeroom_changes
     WHERE run = ? AND action > 0 GROUP BY action, kind`,
    run,
  )
  const all = statements.all(
    "SELECT kind, count(*) AS count FROM homeroom_changes WHERE run = ? GROUP BY kind",
    run,
  )
  const counts = others.map((row) => ({
    kind: kindOf(row.kind),
    action: actionOf(row.action),
    count: Number(row.count),
  }))
  // Creates are what the index of the others does not hold: counted without reading their contents.
  for (const row of all) {
    const kind = kindOf(row.kind)
    const created = counts.reduce(
      (left, entry) => left - (entry.kind === kind ? entry.count : 0),
      Number(row.count),
    )
    if (created > 0) counts.push({ kind, action: "create", count: created })
  }
  return counts
}
