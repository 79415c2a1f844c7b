import { afterAll, beforeAll, expect, test } from "vitest"
import { type Simulator, startSimulator } from "../../src/simulator/index.ts"
import { environmentOf, homeroom, linesOf, makeFolder, type Outcome } from "./support.ts"

const folder = makeFolder()
let simulator: Simulator
let environment: Record<string, string>
let district: string

beforeAll(async () => {
  simulator = await startSimulator({ users: 200, schools: 2, seed: 21, oddities: false })
  environment = environmentOf(simulator, `sqlite:${folder.path("homeroom.db")}`)
  district = simulator.districts[0]!.id
  expect((await run("connect", "--district", district)).code).toBe(0)
  expect((await importNow("bulk")).state).toBe("applied")
})

afterAll(async () => {
  await simulator.close()
  folder.remove()
})

function run(...args: string[]): Promise<Outcome> {
  return homeroom(args, environment)
}

async function importNow(mode: string): Promise<{ runId: string; state: string }> {
  return JSON.parse((await run("import", "--district", district, "--mode", mode, "--json")).stdout)
}

/** The active records by kind and id, without when Clever last touched them. */
async function active(): Promise<Map<string, string>> {
  const { stdout } = await run("export", "--district", district)
  return new Map(
    linesOf(stdout).map((line) => {
      const { kind, id, data } = JSON.parse(line)
      return [`${kind} ${id}`, JSON.stringify({ ...data, last_modified: undefined })]
    }),
  )
}

test("S24 undo puts back what a day's import did, pauses imports, and can be undone", {
  timeout: 60_000,
}, async () => {
  const before = await active()
  simulator.nextDay()
  const imported = await importNow("delta")
  expect(imported.state).toBe("applied")
  const after = await active()
  expect(after).not.toEqual(before)

  const undone = await run("undo", imported.runId, "--json")
  expect(undone.code).toBe(0)
  const undo = JSON.parse(undone.stdout)
  expect(undo).toMatchObject({ mode: "undo", state: "applied", districtId: district })
  expect(undone.stderr).toContain("changes were taken back")
  expect(undone.stderr).toContain(`homeroom connect --district ${district}`)
  expect(await active()).toEqual(before)

  const refused = await run("import", "--district", district, "--mode", "delta")
  expect(refused.code).toBe(1)
  expect(refused.stderr).toMatch(/^homeroom: CONNECTION_NOT_ACTIVE: /)

  const history = JSON.parse((await run("history", "--json")).stdout)
  expect(history[0]).toMatchObject({
    runId: undo.runId,
    mode: "undo",
    undoes: imported.runId,
    startedBy: "cli",
  })
  expect((await run("show", undo.runId)).stdout).toContain(`undoes     ${imported.runId}`)

  const audit = JSON.parse((await run("audit", "--district", district, "--json")).stdout)
  expect(audit.slice(0, 2)).toMatchObject([
    { action: "run-undone", by: "cli", details: { runId: imported.runId, undo: undo.runId, skipped: 0 } },
    { action: "connection-paused", by: "cli" },
  ])

  expect((await run("undo", undo.runId)).code).toBe(0)
  expect(await active()).toEqual(after)

  expect((await run("connect", "--district", district)).code).toBe(0)
  expect(await importNow("delta")).toMatchObject({ mode: "bulk", fallback: "no-cursor" })
})

test("S24 what can't be undone is refused", async () => {
  const held = await run("undo", "20200101-000000-00000000")
  expect(held).toMatchObject({ code: 1, stdout: "" })
  expect(held.stderr).toMatch(/^homeroom: RUN_NOT_FOUND: /)
  const unchanged = await importNow("delta")
  expect(unchanged.state).toBe("unchanged")
  expect((await run("undo", unchanged.runId)).stderr).toMatch(/^homeroom: RUN_NOT_UNDOABLE: /)
})

test("S17 explain says of one record what the next import would do, and names nobody", {
  timeout: 60_000,
}, async () => {
  const user = simulator.districts[0]!.records("user")[0]!
  const id = user.id as string
  const same = JSON.parse(
    (await run("explain", "--district", district, "--kind", "user", id, "--json")).stdout,
  )
  expect(same).toMatchObject({
    kind: "user",
    id,
    fetched: { state: "found" },
    compared: { stored: "active", fields: [] },
    decided: { action: "none" },
  })

  simulator.districts[0]!.edit("user", id, (record) => {
    record.name = { first: "Secretive", last: "Nightingale" }
  })
  const edited = await run("explain", "--district", district, "--kind", "user", id)
  expect(edited.code).toBe(0)
  expect(edited.stdout).toMatch(/next import +would update it/)
  expect(edited.stdout).toMatch(/stored +active, differs in name/)
  expect(edited.stdout).not.toContain("Nightingale")

  simulator.districts[0]!.unshare({ ids: [id] })
  const gone = await run("explain", "--district", district, "--kind", "user", id)
  expect(gone.stdout).toMatch(/at Clever +not found/)
  expect(gone.stdout).toMatch(/next import +would archive it/)

  expect((await run("explain", "--district", district, "--kind", "person", id)).code).toBe(2)
  expect((await run("explain", "--district", district, "--kind", "user", "no id")).code).toBe(2)
})
