import { afterAll, afterEach, beforeAll, expect, test } from "vitest"
import { fault, type Simulator, startSimulator } from "../../src/simulator/index.ts"
import { environmentOf, homeroom, linesOf, makeFolder } from "./support.ts"

const folder = makeFolder()
let simulator: Simulator
let environment: Record<string, string>
let district: string

beforeAll(async () => {
  simulator = await startSimulator({ users: 200, schools: 2, seed: 11, oddities: false })
  environment = environmentOf(simulator, `sqlite:${folder.path("homeroom.db")}`)
  district = simulator.districts[0]!.id
  expect((await homeroom(["connect", "--district", district], environment)).code).toBe(0)
})

afterEach(() => simulator.faults.clear())

afterAll(async () => {
  await simulator.close()
  folder.remove()
})

const bulk = (...more: string[]) => ["import", "--district", district, "--mode", "bulk", ...more]

test("records that can't be accepted are listed with their reason, and the import goes on", async () => {
  simulator.faults.add({
    match: "/users",
    fault: fault.damageRecords({ damage: "wrong-district", which: [3] }),
  })
  simulator.faults.add({ match: "/users", fault: fault.damageRecords({ damage: "no-id", which: [5] }) })
  // Without the wrapping, whose address would name the record.
  simulator.faults.add({ match: "/users", fault: fault.singleWrapped() })
  const { code, stdout, stderr } = await homeroom(bulk("--json"), environment)
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
  const result = JSON.parse(stdout)
  expect(result.counts.user).toMatchObject({ created: 198, rejected: 2 })
  for (const entry of result.rejected) expect(Object.keys(entry)).toEqual(["kind", "id", "reason", "path"])
  expect(result.rejected).toHaveLength(2)
  const users = simulator.districts[0]!.records("user")
  expect(result.rejected).toContainEqual({
    kind: "user",
    id: users[3]!.id,
    reason: "district-mismatch",
    path: "district",
  })
  expect(result.rejected).toContainEqual({ kind: "user", id: null, reason: "id-missing", path: "id" })
  const shown = await homeroom(["show", result.runId], environment)
  expect(shown.stdout).toContain("Rejected:\n")
  expect(shown.stdout).toContain(`  user ${users[3]!.id}: district-mismatch at district\n`)
  expect(shown.stdout).toContain("  user without an id: id-missing at id\n")
})

test("too many of them hold the import: exit code 3, nothing changed", async () => {
  const roster = await homeroom(["export", "--district", district, "--state", "all"], environment)
  simulator.nextDay()
  const which = Array.from({ length: 30 }, (_, index) => index)
  simulator.faults.add({ match: "/users", fault: fault.damageRecords({ damage: "wrong-type", which }) })
  const { code, stdout, stderr } = await homeroom(bulk("--json"), environment)
  expect(code).toBe(3)
  expect(linesOf(stderr)).toHaveLength(1)
  const result = JSON.parse(stdout)
  expect(stderr).toContain(`homeroom show ${result.runId}`)
  expect(result).toMatchObject({
    state: "held",
    holds: [{ code: "rejected-ratio", kind: "user", limit: 0.05 }],
  })
  expect(Object.keys(result.holds[0])).toEqual(["code", "kind", "schoolId", "measured", "limit"])
  expect(result.rejected).toHaveLength(30)
  expect(await homeroom(["export", "--district", district, "--state", "all"], environment)).toEqual(roster)

  const shown = await homeroom(["show", result.runId], environment)
  expect(shown.stdout).toMatch(/held +\d+\.\d % of the users were rejected; more than 5\.0 % need a look/)
  expect(shown.stdout).toContain("It would change:\n")
  const text = await homeroom(["history"], environment)
  expect(linesOf(text.stdout)[1]).toMatch(/ held .* cli, rejected-ratio$/)
})

test("while the district is not well, nothing is archived and the import says why", async () => {
  simulator.districts[0]!.setState({ state: "error" })
  const removed = simulator.districts[0]!.records("user").at(-1)!.id as string
  simulator.districts[0]!.remove("user", removed)
  const { code, stdout } = await homeroom(bulk(), environment)
  expect(code).toBe(0)
  expect(stdout).toMatch(/waits +nothing was archived: the district's state at Clever is error/)
  const users = await homeroom(["export", "--district", district, "--kind", "user"], environment)
  expect(users.stdout).toContain(removed)
})

test("another API version is asked for with --api-version, and the next delta import falls back to bulk", async () => {
  simulator.districts[0]!.setState({ state: "running" })
  simulator.requests.clear()
  const older = await homeroom(bulk("--api-version", "v3.0", "--json"), environment)
  expect(JSON.parse(older.stdout).cursor).toMatchObject({ apiVersion: "v3.0" })
  expect(simulator.requests.count({ path: /^\/v3\.0\// })).toBeGreaterThan(6)
  expect(simulator.requests.count({ path: /^\/v3\.1\// })).toBe(0)
  const { code, stdout } = await homeroom(["import", "--district", district, "--mode", "delta"], environment)
  expect(code).toBe(0)
  expect(stdout).toMatch(/^ {2}mode +bulk \(delta was asked for\)$/m)
  expect(stdout).toMatch(/^ {2}fell back +api-version-changed: /m)
})
