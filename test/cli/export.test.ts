import { once } from "node:events"
import { afterAll, beforeAll, expect, test } from "vitest"
import { type Simulator, startSimulator } from "../../src/simulator/index.ts"
import { environmentOf, homeroom, makeFolder, startHomeroom } from "./support.ts"

const folder = makeFolder()
let simulator: Simulator

beforeAll(async () => {
  simulator = await startSimulator({ users: 400, schools: 2, seed: 7 })
})

afterAll(async () => {
  await simulator.close()
  folder.remove()
})

test("S20 an export beside which an import commits says that it is of two rosters", {
  timeout: 60_000,
}, async () => {
  const environment = environmentOf(simulator, `sqlite:${folder.path("homeroom.db")}`)
  const district = simulator.districts[0]!.id
  await homeroom(["connect", "--district", district], environment)
  expect((await homeroom(["import", "--district", district, "--mode", "bulk"], environment)).code).toBe(0)
  expect((await homeroom(["export", "--district", district], environment)).code).toBe(0)

  const exporting = startHomeroom(["export", "--district", district], environment)
  const { stdout } = exporting.process
  if (stdout === null) throw new Error("no output")
  // Nobody reads on, so that it stands still with most of the roster before it.
  await once(stdout, "data")
  stdout.pause()
  simulator.nextDay()
  expect((await homeroom(["import", "--district", district, "--mode", "delta"], environment)).code).toBe(0)
  stdout.resume()
  const { code, stderr } = await exporting.ended
  expect(code).toBe(1)
  expect(stderr).toMatch(/^homeroom: ROSTER_CHANGED: [^\n]+\n$/)
})
