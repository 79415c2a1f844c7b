import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { afterAll, beforeAll, expect, test } from "vitest"
import { type Simulator, startSimulator } from "../../src/simulator/index.ts"
import { environmentOf, homeroom, linesOf, makeFolder, type Outcome } from "./support.ts"

const folder = makeFolder()
let simulator: Simulator
let environment: Record<string, string>
let district: string
/** What the commands that must not name anybody have printed. */
let printed = ""

beforeAll(async () => {
  simulator = await startSimulator({ users: 300, schools: 3, seed: 12, oddities: false })
  environment = environmentOf(simulator, `sqlite:${folder.path("homeroom.db")}`)
  district = simulator.districts[0]!.id
  expect((await homeroom(["connect", "--district", district], environment)).code).toBe(0)
})

afterAll(async () => {
  await simulator.close()
  folder.remove()
})

async function run(...args: string[]): Promise<Outcome> {
  const outcome = await homeroom(args, environment)
  printed += outcome.stdout + outcome.stderr
  return outcome
}

async function exported(): Promise<string> {
  const { stdout } = await homeroom(["export", "--district", district, "--state", "all"], environment)
  return stdout
}

/** How many are active, of those the simulator has. */
async function activeUsers(): Promise<number> {
  const { stdout } = await homeroom(["export", "--district", district, "--kind", "user"], environment)
  return linesOf(stdout).length
}

test("S17 a plan of the first import changes nothing, and approve applies it", {
  timeout: 60_000,
}, async () => {
  const planned = await run("plan", "--district", district, "--mode", "bulk", "--json")
  expect(planned.code).toBe(0)
  const plan = JSON.parse(planned.stdout)
  expect(plan).toMatchObject({
    state: "planned",
    mode: "bulk",
    hash: expect.stringMatching(/^[0-9a-f]{64}$/),
  })
  expect(planned.stderr).toContain(`homeroom approve ${plan.runId}`)
  expect(await exported()).toBe("")

  const shown = await homeroom(["show", plan.runId], environment)
  expect(shown.stdout).toContain(`Plan ${plan.runId}: planned`)
  expect(shown.stdout).toContain(`plan       ${plan.hash}`)
  expect(shown.stdout).toContain("It would change:\n")

  const other = await run("approve", plan.runId, "--hash", "0".repeat(64))
  expect(other).toMatchObject({ code: 1, stdout: "" })
  expect(other.stderr).toMatch(/^homeroom: PLAN_HASH_MISMATCH: /)
  expect(await exported()).toBe("")

  const approved = await run("approve", plan.runId, "--hash", plan.hash, "--why", "first import", "--json")
  expect(approved.code).toBe(0)
  expect(JSON.parse(approved.stdout)).toMatchObject({
    runId: plan.runId,
    state: "applied",
    counts: plan.counts,
  })
  expect(JSON.parse(approved.stdout)).not.toHaveProperty("hash")
  expect(linesOf(await exported()).length).toBeGreaterThan(300)

  const [newest] = JSON.parse((await run("history", "--json")).stdout)
  expect(newest).toMatchObject({
    runId: plan.runId,
    state: "applied",
    purpose: "plan",
    approval: { by: "cli", why: "first import", hash: plan.hash },
  })
  const again = await run("approve", plan.runId)
  expect(again.code).toBe(1)
  expect(again.stderr).toMatch(/^homeroom: PLAN_NOT_APPLICABLE: /)
})

test("S17 a plan writes its changes as CSV that only the owner reads", async () => {
  simulator.nextDay()
  const file = folder.path("plan.csv")
  writeFileSync(file, "what was there before, which is longer than a heading".repeat(10_000), { mode: 0o600 })
  const { code, stderr } = await run("plan", "--district", district, "--csv", file)
  expect(code).toBe(0)
  expect(stderr).toMatch(/changes written to/)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(readFileSync(file, "utf8")).toMatch(/^kind,id,action,field,before,after\r\n/)
  expect(readFileSync(file, "utf8")).not.toContain("what was there before")
})

test("plan --csv looks at its file before it asks Clever, and nothing is planned", async () => {
  const runs = JSON.parse((await run("history", "--json")).stdout).length
  simulator.requests.clear()
  const outcome = await run("plan", "--district", district, "--csv", folder.path("missing/x.csv"))
  expect(outcome).toMatchObject({ code: 2, stdout: "" })
  expect(outcome.stderr).toMatch(
    /^homeroom: INVALID_OPTIONS: The file .* of --csv can't be written \(ENOENT\)/,
  )
  expect(simulator.requests.count({})).toBe(0)
  expect(JSON.parse((await run("history", "--json")).stdout)).toHaveLength(runs)
  const [{ runId }] = JSON.parse((await run("history", "--json")).stdout)
  expect(await run("show", runId, "--csv", folder.path("missing/x.csv"))).toMatchObject({
    code: 2,
    stdout: "",
  })
})

test("a plan is printed even if its CSV can't be written in the end", async (context) => {
  if (!existsSync("/dev/full")) context.skip("no /dev/full")
  const planned = await run("plan", "--district", district, "--json", "--csv", "/dev/full")
  expect(planned.code).toBe(1)
  const plan = JSON.parse(planned.stdout)
  expect(plan.state).toBe("planned")
  expect(planned.stderr).toContain(`homeroom approve ${plan.runId}`)
  expect(linesOf(planned.stderr).at(-1)).toMatch(
    /^homeroom: OUTPUT_UNWRITABLE: The file \/dev\/full of --csv can't be written \(ENOSPC\)\. .*homeroom history/,
  )
  const shown = await homeroom(["show", plan.runId, "--csv", "/dev/full"], environment)
  expect(shown.code).toBe(1)
  expect(shown.stdout).toContain(`Plan ${plan.runId}: planned`)
})

test("S15 S16 a school unshared is held with exit code 3; discarded it leaves no trace, and comes again", {
  timeout: 60_000,
}, async () => {
  expect((await run("import", "--district", district, "--mode", "delta")).code).toBe(0)
  const before = await exported()
  const simulatedSchool = simulator.districts[0]!.records("school")[0]! as { id: string; name: string }
  const school = simulatedSchool.id
  simulator.districts[0]!.unshare({ schools: [school] })

  const held = await run("import", "--district", district, "--mode", "bulk", "--json")
  expect(held.code).toBe(3)
  const first = JSON.parse(held.stdout)
  expect(first.holds.map(({ code }: { code: string }) => code)).toContain("school-vanished")
  expect(held.stderr).toContain(`homeroom approve ${first.runId}`)
  const shown = await homeroom(["show", first.runId], environment)
  expect(shown.stdout).toContain(`school ${school} is gone`)
  expect(shown.stdout).toMatch(/held +\d+\.\d % of the users.* are gone, counting the last 24 hours/)
  const gone = /^ {2}user (\S+) archived: (.+) \((.+)\)$/m.exec(shown.stdout)
  expect(gone?.[3]).toContain(simulatedSchool.name)
  const csv = folder.path("held.csv")
  expect((await homeroom(["show", first.runId, "--csv", csv], environment)).code).toBe(0)
  const rows = linesOf(readFileSync(csv, "utf8")).filter((line) =>
    line.startsWith(`user,${gone?.[1]},archived,`),
  )
  expect(rows.find((row) => row.includes(",name,"))).toContain(gone?.[2]?.split(" ")[0])
  expect(rows.every((row) => row.trimEnd().endsWith(","))).toBe(true)

  expect((await run("discard", first.runId, "--why", "a mistake")).stderr).toContain("is discarded")
  expect(await exported()).toBe(before)
  expect((await run("show", first.runId)).stdout).toMatch(/discarded +\S+ by cli: a mistake/)
  expect((await run("approve", first.runId)).stderr).toMatch(/^homeroom: PLAN_NOT_APPLICABLE: /)

  const second = JSON.parse((await run("import", "--district", district, "--mode", "bulk", "--json")).stdout)
  expect(second.state).toBe("held")
  const approved = await run("approve", second.runId)
  expect(approved.code).toBe(0)
  expect(approved.stdout).toMatch(/approved +\S+ by cli: approved on the command line/)
  expect(await activeUsers()).toBe(simulator.districts[0]!.records("user").length)

  // The same entries as the console's: the refused approval left none.
  const audit = JSON.parse((await run("audit", "--district", district, "--json")).stdout)
  expect(audit.slice(0, 2)).toMatchObject([
    { action: "run-approved", by: "cli", details: { runId: second.runId, hash: second.hash } },
    { action: "run-discarded", by: "cli", details: { runId: first.runId } },
  ])
})

test("S16 a plan is refused once the roster has moved", { timeout: 60_000 }, async () => {
  simulator.nextDay()
  const plan = JSON.parse((await run("plan", "--district", district, "--json")).stdout)
  expect((await run("import", "--district", district, "--mode", "delta")).code).toBe(0)
  const before = await exported()
  const refused = await run("approve", plan.runId)
  expect(refused.code).toBe(1)
  expect(refused.stderr).toMatch(/^homeroom: PLAN_STALE: /)
  expect(await exported()).toBe(before)
})

test("unknown imports are refused by every command", async () => {
  for (const command of [["approve"], ["discard"], ["show"]]) {
    const { code, stderr } = await run(...command, "20200101-000000-00000000")
    expect(code).toBe(1)
    expect(stderr).toMatch(/^homeroom: RUN_NOT_FOUND: /)
  }
})

test("what these commands print names nobody", () => {
  for (const user of simulator.districts[0]!.records("user")) {
    const { last } = user.name as { last: string }
    if (last.length > 4) expect(printed).not.toContain(last)
  }
})
