import { MemoryStorage } from "homeroom/memory"
import { startSimulator } from "homeroom/simulator"
import { expect, onTestFinished, test, vi } from "vitest"
import { openDesk } from "./district-desk.ts"

test("a district that connects is found, approved by a person, and imported when somebody asks", async () => {
  const simulator = await startSimulator({ users: 40, schools: 1, seed: 1 })
  onTestFinished(() => simulator.close())
  const { apiUrl, authUrl, clientId, clientSecret } = simulator
  const storage = new MemoryStorage()
  const told: string[] = []
  const desk = await openDesk({
    storage,
    // Clever knows nobody by these: what goes wrong with one app is not the other's affair.
    signIn: { clientId: "unknown", clientSecret: "unknown" },
    rostering: { clientId, clientSecret },
    apiUrl,
    authUrl,
    notify: (text) => told.push(text),
  })
  const [district] = simulator.districts
  const districtId = district?.id ?? ""
  expect(told).toEqual([`${district?.name}: requested by discovery`])

  await desk.connections.approve(districtId, { by: "ada" })
  await desk.connections.activate(districtId, { mode: "sso+provisioning", by: "ada" })
  const { job } = await desk.imports.schedule({ districtId, mode: "bulk", by: "ada" })
  expect(job).toMatchObject({ state: "waiting", requestedBy: "ada" })
  await vi.waitUntil(async () => (await storage.listRuns({ limit: 1 }))[0]?.state === "applied", {
    timeout: 20_000,
  })
  expect(told.slice(1)).toEqual([`${district?.name}: approved by ada`, `${district?.name}: active by ada`])
  await desk.close()
})
