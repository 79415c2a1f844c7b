import { readdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { type Simulator, startSimulator } from "../../src/simulator/index.ts"
import { SqliteStorage } from "../../src/storage/sqlite/index.ts"
import { environmentOf, homeroom, linesOf, makeFolder } from "./support.ts"

const folder = makeFolder()
const path = folder.path("homeroom.db")
let simulator: Simulator
let environment: Record<string, string>
let district: string
let other: string

beforeAll(async () => {
  simulator = await startSimulator({ districts: 2, users: 100, schools: 2, seed: 11, oddities: false })
  environment = environmentOf(simulator, `sqlite:${path}`)
  district = simulator.districts[0]!.id
  other = simulator.districts[1]!.id
  for (const id of [district, other]) {
    expect((await homeroom(["connect", "--district", id], environment)).code).toBe(0)
    expect((await homeroom(["import", "--district", id, "--mode", "bulk"], environment)).code).toBe(0)
  }
})

afterAll(async () => {
  await simulator.close()
  folder.remove()
})

/** Whether any byte of any file of the database has it. */
function isInFiles(text: string): boolean {
  return readdirSync(dirname(path)).some((file) => readFileSync(join(dirname(path), file)).includes(text))
}

function student(): { id: string; name: { first: string } } {
  const sections = simulator.districts[0]!.records("section") as unknown as { students: string[] }[]
  const id = sections.flatMap(({ students }) => students)[0]!
  const record = simulator.districts[0]!.records("user").find((user) => user.id === id)
  return record as unknown as { id: string; name: { first: string } }
}

test("S31 forget --user erases the person, finds the district by itself, and prints counts alone", async () => {
  const { id } = student()
  expect(isInFiles(id)).toBe(true)
  const { code, stdout, stderr } = await homeroom(["forget", "--user", id], environment)
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
  expect(linesOf(stdout)[0]).toBe("Erased:")
  expect(stdout).toContain("  1 record of the roster\n")
  expect(stdout).toMatch(/ {2}\d+ mentions? by others\n/)
  expect(stdout).toContain("no table and no file")
  expect(stdout).not.toContain(id)
  expect(isInFiles(id)).toBe(false)
  const exported = await homeroom(["export", "--district", district, "--kind", "user"], environment)
  expect(linesOf(exported.stdout)).toHaveLength(99)
  const again = await homeroom(["forget", "--user", id], environment)
  expect(again).toMatchObject({ code: 0, stderr: "" })
  expect(linesOf(again.stdout)[0]).toBe("Nothing was stored under this id.")
})

test("S31 --json prints the proof, --exclude leaves the person out", async () => {
  const { id } = student()
  await homeroom(["import", "--district", district, "--mode", "bulk"], environment)
  const { code, stdout, stderr } = await homeroom(
    ["forget", "--user", id, "--exclude", "--json"],
    environment,
  )
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
  const proof = JSON.parse(stdout)
  expect(Object.keys(proof)).toEqual(["districtIds", "counts", "traces"])
  expect(proof).toMatchObject({ districtIds: [district], counts: { records: 1 }, traces: {} })
  const storage = new SqliteStorage({ path })
  await storage.open()
  expect((await storage.getConnection(district))?.settings).toEqual({ scope: { exclude: [id] } })
  await storage.close()
  for (const mode of ["delta", "bulk"]) {
    const imported = await homeroom(["import", "--district", district, "--mode", mode], environment)
    expect(imported.code).toBe(0)
    for (const kind of ["user", "section"]) {
      const exported = await homeroom(["export", "--district", district, "--kind", kind], environment)
      expect(exported.stdout).not.toContain(id)
      if (kind === "user") expect(linesOf(exported.stdout)).toHaveLength(99)
    }
  }
})

test("S31 forget --district erases it with its history, and leaves the other one", async () => {
  const before = await homeroom(["export", "--district", other], environment)
  const { code, stdout } = await homeroom(["forget", "--district", district], environment)
  expect(code).toBe(0)
  expect(stdout).toMatch(/ {2}\d+ imports of the history\n/)
  expect(isInFiles(district)).toBe(false)
  const history = await homeroom(["history"], environment)
  expect(history.stdout).not.toContain(district)
  expect(history.stdout).toContain(other)
  expect(await homeroom(["export", "--district", other], environment)).toEqual(before)
})

test("it ends with 4 while an import of the district runs, and with 2 where it is used wrongly", async () => {
  const storage = new SqliteStorage({ path })
  await storage.open()
  const answer = await storage.acquireLease({ districtId: other, holder: "import", ttlMs: 60_000 })
  if (!answer.acquired) throw new Error("the lease is held")
  const busy = await homeroom(["forget", "--district", other], environment)
  expect(busy.code).toBe(4)
  expect(busy.stderr).toMatch(/^homeroom: SYNC_IN_PROGRESS: /)
  await storage.releaseLease(answer.lease)
  await storage.close()
  for (const wrong of [
    [],
    ["--user", "a", "--district", "b"],
    ["--district", "b", "--exclude"],
    ["--user", "not an id"],
  ]) {
    const { code, stdout, stderr } = await homeroom(["forget", ...wrong], environment)
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" })
    expect(stderr).toMatch(/^homeroom: INVALID_OPTIONS: /)
  }
})
