import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, onTestFinished, test, vi } from "vitest"
import { startSimulator } from "../../src/simulator/index.ts"

// An example's own tests, run here: importing the file adds them.
import "../../examples/class-list/class-list.test.ts"
import "../../examples/custom-storage/imports.test.ts"
import "../../examples/custom-storage/journal.test.ts"
import "../../examples/district-desk/district-desk.test.ts"
import "../../examples/drizzle-target/drizzle-target.test.ts"
import "../../examples/existing-accounts/existing-accounts.test.ts"
import "../../examples/kysely-target/kysely-target.test.ts"
import "../../examples/scoped-roster/scoped-roster.test.ts"

test("examples/nightly-sync imports a district, the next night what has changed; read-roster reads it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "homeroom-nightly-"))
  const simulator = await startSimulator({ users: 100, schools: 1 })
  onTestFinished(async () => {
    await simulator.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const [district] = simulator.districts
  vi.stubEnv("CLEVER_CLIENT_ID", simulator.clientId)
  vi.stubEnv("CLEVER_CLIENT_SECRET", simulator.clientSecret)
  vi.stubEnv("HOMEROOM_CLEVER_API_URL", simulator.apiUrl)
  vi.stubEnv("HOMEROOM_CLEVER_AUTH_URL", simulator.authUrl)
  vi.stubEnv("DISTRICT_ID", district?.id)
  vi.stubEnv("ROSTER_FILE", join(folder, "roster.db"))
  const log = vi.spyOn(console, "log").mockImplementation(() => {})
  const night = async () => {
    vi.resetModules()
    await import("../../examples/nightly-sync/index.ts")
    return log.mock.lastCall
  }

  expect(await night()).toEqual(["bulk", "applied", expect.objectContaining({ created: 100, updated: 0 })])
  const [person] = district?.people ?? []
  district?.edit("user", String(person?.id), { email: "new@school.example" })
  expect(await night()).toEqual(["delta", "applied", expect.objectContaining({ created: 0, updated: 1 })])

  log.mockClear()
  await import("../../examples/read-roster/index.ts")
  expect(log).toHaveBeenCalledWith(person?.id, "new@school.example")
  expect(log).toHaveBeenLastCalledWith("user", person?.id, "update", [
    expect.objectContaining({ path: "email", after: "new@school.example" }),
  ])
})
