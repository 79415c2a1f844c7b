/** Imports from a simulated Clever into this adapter, and what is left of it when the process begins anew. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { CleverClient, RosterSync, type Run } from "homeroom"
import { forgetUser } from "homeroom/exchange"
import { startSimulator } from "homeroom/simulator"
import { expect, onTestFinished, test } from "vitest"
import { JournalStorage } from "./adapter/journal-storage.ts"

test("a district is imported, followed for two days and opened again; a pupil is forgotten", async () => {
  const folder = mkdtempSync(join(tmpdir(), "journal-storage-"))
  const simulator = await startSimulator({ users: 200, schools: 2, seed: 1 })
  onTestFinished(async () => {
    await simulator.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const [district] = simulator.districts
  const districtId = String(district?.id)
  const { apiUrl, authUrl, clientId, clientSecret } = simulator
  const clever = new CleverClient({ apiUrl, authUrl, clientId, clientSecret })

  /** What a process does that begins, imports and ends. */
  const night = async (mode: "bulk" | "delta"): Promise<Run> => {
    const storage = new JournalStorage({ folder })
    await storage.open()
    const run = await new RosterSync({ clever, storage }).sync({ districtId, mode })
    await storage.close()
    return run
  }

  expect(await night("bulk")).toMatchObject({ state: "applied", counts: { user: { created: 200 } } })
  for (let day = 0; day < 2; day++) {
    simulator.nextDay()
    expect(await night("delta")).toMatchObject({ state: "applied", mode: "delta" })
  }
  // Read as a whole, Clever has nothing that the two deltas did not bring.
  expect(await night("bulk")).toMatchObject({ state: "unchanged" })

  const storage = new JournalStorage({ folder })
  await storage.open()
  const [pupil] = await storage.findRecords({
    districtId,
    filter: { kind: "user", role: "student" },
    limit: 1,
  })
  const id = String(pupil?.id)
  await forgetUser({ storage, districtId, id, by: "ada" })
  await storage.close()
  expect(readFileSync(join(folder, "journal.jsonl"), "utf8")).not.toContain(id)
})
