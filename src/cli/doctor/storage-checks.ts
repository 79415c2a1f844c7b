import type { Connection } from "../../entries/exchange.ts"
import { kinds, RosterReader, type RosterStorage, type Run } from "../../index.ts"
import type { Findings } from "./check.ts"

const dayMs = 24 * 60 * 60 * 1_000
/** A daily import may be late by this much. */
const marginMs = 2 * 60 * 60 * 1_000

/** Says how many connections there are. */
export function checkConnections(findings: Findings, connections: readonly Connection[]): void {
  const active = connections.filter(({ state }) => state === "active").length
  if (active > 0) findings.ok("connections", `Active: ${active} of ${connections.length}.`)
  else {
    findings.warn(
      "connections",
      "No district has an active connection.",
      "Make one: homeroom connect --district ID",
    )
  }
}

/** Checks a connection and the roster that came through it. */
export async function checkRoster(
  findings: Findings,
  storage: RosterStorage,
  { districtId, state, mode }: Connection,
): Promise<void> {
  const connect = `homeroom connect --district ${districtId}`
  if (state !== "active") {
    findings.warn("connection", `The connection is ${state}.`, `Activate it: ${connect}`, districtId)
    return
  }
  findings.ok("connection", `The connection is active: ${mode}.`, districtId)
  if (mode !== "sso+provisioning") return
  const roster = new RosterReader({ storage })
  await checkLastImport(findings, roster, districtId)
  await checkReferences(findings, roster, districtId)
  await checkArchived(findings, storage, districtId)
}

async function checkLastImport(findings: Findings, roster: RosterReader, districtId: string): Promise<void> {
  let newest: Run | undefined
  let good: Run | undefined
  let seen = 0
  for await (const run of roster.history({ districtId })) {
    newest ??= run
    if (run.state === "applied" || run.state === "unchanged") good = run
    if (good !== undefined || ++seen >= 1_000) break
  }
  const remedy = `Run homeroom import --district ${districtId} --mode delta at least once a day.`
  if (newest !== undefined && newest !== good) {
    const reason = newest.error === null ? "" : ` (${newest.error.code})`
    const message = `The newest import, ${newest.id}, is ${newest.state}${reason}.`
    findings.warn("newest import", message, `See homeroom show ${newest.id}`, districtId)
  }
  if (good?.finishedAt == null) {
    findings.warn("daily import", "No import has succeeded yet.", remedy, districtId)
    return
  }
  const ageMs = Date.now() - Date.parse(good.finishedAt)
  const message = `The last successful import ended ${(ageMs / 3_600_000).toFixed(1)} h ago.`
  if (ageMs <= dayMs + marginMs) findings.ok("daily import", message, districtId)
  else findings.warn("daily import", `${message} Clever's certification wants one a day.`, remedy, districtId)
}

async function checkReferences(findings: Findings, roster: RosterReader, districtId: string): Promise<void> {
  let count = 0
  for await (const _reference of roster.danglingReferences({ districtId })) count++
  if (count === 0) {
    findings.ok("references", "Every id in a section names a record that is shared.", districtId)
    return
  }
  findings.warn(
    "references",
    `${count} ids in sections name people, courses or terms that are not shared.`,
    "Nothing is lost by that; if people are missing in classes, check the district's sharing rules.",
    districtId,
  )
}

async function checkArchived(findings: Findings, storage: RosterStorage, districtId: string): Promise<void> {
  const { version, counts } = await storage.getDistrict(districtId)
  if (version === 0) return
  const total = (state: "active" | "archived"): number =>
    kinds.reduce((sum, kind) => sum + (counts[kind]?.[state] ?? 0), 0)
  findings.ok(
    "archiving",
    `Records active: ${total("active")}, archived (kept, and restored when shared again): ${total("archived")}.`,
    districtId,
  )
}
