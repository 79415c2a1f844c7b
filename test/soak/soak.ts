import assert from "node:assert/strict"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { canonicalJson } from "../../src/models/index.ts"
import { storedRecords } from "../support/stored-roster.ts"
import { keptDays, SoakedApp } from "./app.ts"
import { logInAndOut } from "./login.ts"
import { Meter, type Sample } from "./meter.ts"
import { SimulatedClever } from "./simulated-clever.ts"

export interface SoakOptions {
  readonly days: number
  readonly users: number
  readonly seed: number
  /** The stored roster and the target are compared with Clever's each so many days. */
  readonly compareEvery: number
  readonly sampleEvery: number
  readonly onSample?: (sample: Sample) => void
}

export interface SoakResult {
  readonly imports: ReadonlyMap<string, number>
  readonly comparisons: number
  readonly logins: number
  /** Of people whom the district did not share any more. */
  readonly refusedLogins: number
  readonly samples: readonly Sample[]
  readonly warnings: readonly Error[]
}

const startMs = Date.parse("2026-09-01T06:00:00Z")
const dayMs = 86_400_000

/** Lets days pass at a simulated Clever and in an app; rejects as soon as anything differs or fails. */
export async function soak(options: SoakOptions): Promise<SoakResult> {
  const { days, users, seed, compareEvery, sampleEvery } = options
  const folder = mkdtempSync(join(tmpdir(), "homeroom-soak-"))
  const clever = await SimulatedClever.open({ users, seed, startMs })
  const app = new SoakedApp({ access: clever.access, path: join(folder, "roster.db"), startMs })
  const meter = new Meter(app.path)
  const samples: Sample[] = []
  let comparisons = 0
  let logins = 0
  let refusedLogins = 0
  const stop = await app.start()
  try {
    for (let day = 1; day <= days; day++) {
      app.nowMs = await clever.ask("day")
      await app.night()
      const person = await clever.ask("person")
      if (person !== null && (await logInAndOut(app.sso, person))) logins++
      else refusedLogins++
      if (app.errors.length > 0) throw app.errors[0]
      if (day % compareEvery === 0) {
        await compare(app, clever)
        comparisons++
      }
      if (day % sampleEvery !== 0) continue
      const sample = await meter.sample({ day, timers: app.timers, records: app.rows.size })
      samples.push(sample)
      options.onSample?.(sample)
    }
  } finally {
    meter.close()
    await stop()
    await clever.ask("close")
    rmSync(folder, { recursive: true, force: true })
  }
  return {
    ...{ comparisons, logins, refusedLogins, samples },
    imports: app.imports,
    warnings: meter.warnings,
  }
}

/** What is stored as active, and what the target holds, is what Clever shares; nothing stays archived for too long. */
async function compare(
  { nowMs, storage, rows, archivedMs }: SoakedApp,
  clever: SimulatedClever,
): Promise<void> {
  const shared = new Map(await clever.ask("roster"))
  const active = new Map<string, string>()
  const archived = new Set<string>()
  for await (const { kind, id, state, data } of storedRecords(storage, clever.access.districtId)) {
    if (state === "active") active.set(`${kind} ${id}`, canonicalJson(JSON.parse(data)))
    else archived.add(`${kind} ${id}`)
  }
  assert.deepEqual(differing(active, shared), [], "the stored roster is not what Clever shares")
  assert.deepEqual(differing(rows, shared), [], "the target's rows are not what Clever shares")
  for (const [key, sinceMs] of archivedMs) {
    if (!archived.has(key)) archivedMs.delete(key)
    else assert.ok(nowMs - sinceMs <= (keptDays + 1) * dayMs, `${key} is kept for too long`)
  }
}

/** The keys that are in one alone, or with another text. */
function differing(some: ReadonlyMap<string, string>, others: ReadonlyMap<string, string>): string[] {
  const keys = new Set([...some.keys(), ...others.keys()])
  return [...keys].filter((key) => some.get(key) !== others.get(key))
}
