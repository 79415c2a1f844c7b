import { mkdirSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { DatabaseSync } from "node:sqlite"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { fault, type Simulator, startSimulator } from "../../src/simulator/index.ts"
import { SqliteStorage } from "../../src/storage/sqlite/index.ts"
import { type Environment, environmentOf, homeroom, linesOf, makeFolder, type Outcome } from "./support.ts"

const folder = makeFolder()
let simulator: Simulator
let environment: Record<string, string>
let district: string

beforeAll(async () => {
  simulator = await startSimulator({ users: 60, schools: 1, seed: 3 })
  environment = environmentOf(simulator, `sqlite:${folder.path("homeroom.db")}`)
  district = simulator.districts[0]!.id
})

afterAll(async () => {
  await simulator.close()
  folder.remove()
})

/** One clear line with the code on standard error, nothing on standard output, and the exit code. */
function expectRefusal(outcome: Outcome, code: string, exitCode: number, words: RegExp = /./): void {
  expect(outcome.stdout).toBe("")
  const lines = linesOf(outcome.stderr)
  expect(lines).toHaveLength(1)
  expect(lines[0]).toMatch(new RegExp(`^homeroom: ${code}: [A-Z]?.*\\.$|^homeroom: ${code}: .+`))
  expect(lines[0]).toMatch(words)
  expect(lines[0]).not.toMatch(/\bat .*\.ts:\d+|undefined|\[object/)
  expect(outcome.code).toBe(exitCode)
}

const bulk = ["import", "--mode", "bulk", "--json", "--district"]

describe("wrong usage ends with 2", () => {
  const cases: [name: string, args: string[], words: RegExp][] = [
    ["an unknown command", ["imprt"], /imprt.*Did you mean import/],
    ["an unknown option", ["history", "--distrct", "x"], /--distrct/],
    ["a missing option", ["import", "--mode", "bulk"], /--district/],
    ["a missing mode", ["import", "--district", "x"], /--mode/],
    ["an unknown mode", ["import", "--district", "x", "--mode", "all"], /bulk, delta/],
    ["a missing argument", ["show"], /run/],
    ["too many arguments", ["show", "one", "two"], /too many arguments/i],
    [
      "a page size out of range",
      ["import", "--district", "x", "--mode", "bulk", "--page-size", "10001"],
      /10000/,
    ],
    [
      "a page size that is no number",
      ["import", "--district", "x", "--mode", "bulk", "--page-size", "1e3"],
      /10000/,
    ],
    ["a negative wait", ["import", "--district", "x", "--mode", "bulk", "--wait", "-1"], /--wait/],
    ["a kind that does not exist", ["export", "--district", "x", "--kind", "student"], /school, term/],
    ["a state that does not exist", ["export", "--district", "x", "--state", "gone"], /archived/],
    ["a district that can't be one", ["connect", "--district", "../x"], /Clever id/],
    [
      "an API version that does not exist",
      ["connect", "--district", "x", "--api-version", "v2"],
      /v3.0, v3.1/,
    ],
    ["users that can't be", ["simulate", "--users", "0"], /--users/],
  ]
  test.each(cases)("%s", async (_name, args, words) => {
    expectRefusal(await homeroom(args, environment), "INVALID_OPTIONS", 2, words)
  })

  test("no command at all shows the help on standard error", async () => {
    const outcome = await homeroom([], environment)
    expect(outcome).toMatchObject({ code: 2, stdout: "" })
    expect(outcome.stderr).toContain("Usage: homeroom")
  })

  test("a port that is taken", async () => {
    const server = createServer().listen(0, "127.0.0.1")
    await new Promise((listening) => server.once("listening", listening))
    const { port } = server.address() as { port: number }
    const outcome = await homeroom(["simulate", "--users", "50", "--port", String(port)])
    server.close()
    expectRefusal(outcome, "INVALID_OPTIONS", 2, new RegExp(`Port ${port}.*in use`))
  })
})

describe("a wrong environment", () => {
  const cases: [name: string, changes: Environment, code: string, exitCode: number, words: RegExp][] = [
    [
      "without credentials",
      { CLEVER_CLIENT_ID: undefined, CLEVER_CLIENT_SECRET: "" },
      "CLEVER_CREDENTIALS_MISSING",
      2,
      /CLEVER_CLIENT_ID/,
    ],
    [
      "with a wrong secret",
      { CLEVER_CLIENT_SECRET: "wrong-secret" },
      "CLEVER_CREDENTIALS_REJECTED",
      1,
      /dashboard/,
    ],
    [
      "with plain http to another machine",
      { HOMEROOM_CLEVER_API_URL: "http://api.clever.com" },
      "INVALID_OPTIONS",
      2,
      /HOMEROOM_CLEVER_API_URL.*loopback/,
    ],
    [
      "with an address that is none",
      { HOMEROOM_CLEVER_AUTH_URL: "clever.com" },
      "INVALID_OPTIONS",
      2,
      /HOMEROOM_CLEVER_AUTH_URL/,
    ],
    ["with another storage", { HOMEROOM_STORAGE: "mysql://host/x" }, "INVALID_OPTIONS", 2, /sqlite:PATH/],
    ["with a storage without a path", { HOMEROOM_STORAGE: "sqlite:" }, "INVALID_OPTIONS", 2, /sqlite:PATH/],
    [
      "with PostgreSQL where nobody answers",
      { HOMEROOM_STORAGE: "postgres://user:hidden-password@127.0.0.1:1/x" },
      "STORAGE_UNREACHABLE",
      1,
      /PostgreSQL can't be reached: connect ECONNREFUSED 127\.0\.0\.1:1/,
    ],
    [
      "with an address of PostgreSQL that is none",
      { HOMEROOM_STORAGE: "postgres://user:hidden-password@host:port/x" },
      "INVALID_OPTIONS",
      2,
      /postgres:\/\/USER:PASSWORD@HOST\/DATABASE/,
    ],
    [
      "with a folder that is missing",
      { HOMEROOM_STORAGE: `sqlite:${folder.path("missing/homeroom.db")}` },
      "STORAGE_UNREADABLE",
      1,
      /missing.homeroom\.db can't be created/,
    ],
  ]
  test.each(cases)("%s", async (_name, changes, code, exitCode, words) => {
    const outcome = await homeroom(["connect", "--district", district], { ...environment, ...changes })
    expectRefusal(outcome, code, exitCode, words)
    expect(outcome.stderr).not.toMatch(/wrong-secret|hidden-password/)
  })

  test("with a host that nobody answers at", async () => {
    const server = createServer().listen(0, "127.0.0.1")
    await new Promise((listening) => server.once("listening", listening))
    const { port } = server.address() as { port: number }
    await new Promise((closed) => server.close(closed))
    const unreachable = { ...environment, HOMEROOM_CLEVER_AUTH_URL: `http://127.0.0.1:${port}` }
    const outcome = await homeroom(["connect", "--district", district], unreachable)
    expectRefusal(outcome, "CLEVER_UNREACHABLE", 1, new RegExp(`127\\.0\\.0\\.1:${port}`))
  })

  test("with a file that is no database", async () => {
    const path = folder.path("letter.txt")
    writeFileSync(path, "Dear parents, ".repeat(1_000))
    const outcome = await homeroom(["history"], { HOMEROOM_STORAGE: `sqlite:${path}` })
    expectRefusal(outcome, "STORAGE_UNREADABLE", 1, /letter\.txt/)
  })

  test("with a folder for a database", async () => {
    const path = folder.path("folder.db")
    mkdirSync(path)
    const outcome = await homeroom(["history"], { HOMEROOM_STORAGE: `sqlite:${path}` })
    expectRefusal(outcome, "STORAGE_UNREADABLE", 1, /folder\.db/)
  })

  test("with the database of a newer Homeroom", async () => {
    const path = folder.path("newer.db")
    const storage = new SqliteStorage({ path })
    await storage.open()
    await storage.close()
    const database = new DatabaseSync(path)
    database.exec("INSERT INTO homeroom_schema VALUES (9999, '2040-01-01T00:00:00.000Z')")
    database.close()
    const outcome = await homeroom(["history"], { HOMEROOM_STORAGE: `sqlite:${path}` })
    expectRefusal(outcome, "STORAGE_SCHEMA_NEWER", 1, /9999/)
  })
})

describe("what does not exist", () => {
  test("a district that Clever does not know", async () => {
    const unknown = "5f5f5f5f5f5f5f5f5f5f5f5f"
    const outcome = await homeroom(["connect", "--district", unknown], environment)
    expectRefusal(outcome, "CLEVER_DISTRICT_NOT_CONNECTED", 1, /5f5f/)
  })

  test("a district without a connection can't be imported or exported", async () => {
    expectRefusal(
      await homeroom([...bulk, district], environment),
      "CONNECTION_NOT_FOUND",
      1,
      /homeroom connect/,
    )
    expectRefusal(await homeroom(["export", "--district", district], environment), "CONNECTION_NOT_FOUND", 1)
  })

  test("an import that is not in the history", async () => {
    expectRefusal(
      await homeroom(["show", "nothing", "--json"], environment),
      "RUN_NOT_FOUND",
      1,
      /homeroom history/,
    )
  })

  test("a connection that is not active", async () => {
    const path = folder.path("requested.db")
    const storage = new SqliteStorage({ path })
    await storage.open()
    await storage.saveConnection({
      districtId: district,
      name: "",
      mode: "sso+provisioning",
      state: "requested",
      steps: [],
      settings: {},
    })
    await storage.close()
    const outcome = await homeroom([...bulk, district], {
      ...environment,
      HOMEROOM_STORAGE: `sqlite:${path}`,
    })
    expectRefusal(outcome, "CONNECTION_NOT_ACTIVE", 1, /requested/)
  })
})

test("a CSV file that can't be written", async () => {
  const own = { ...environment, HOMEROOM_STORAGE: `sqlite:${folder.path("csv.db")}` }
  await homeroom(["connect", "--district", district], own)
  const { runId } = JSON.parse((await homeroom([...bulk, district], own)).stdout)
  const outcome = await homeroom(["show", runId, "--csv", folder.path("missing/changes.csv")], own)
  expectRefusal(outcome, "INVALID_OPTIONS", 2, /changes\.csv.*ENOENT/)
})

test("doctor names what is wrong and ends with 1", async () => {
  const outcome = await homeroom(["doctor", "--json"], {
    ...environment,
    CLEVER_CLIENT_SECRET: "wrong-secret",
    HOMEROOM_STORAGE: `sqlite:${folder.path("missing/homeroom.db")}`,
  })
  expect(outcome).toMatchObject({ code: 1, stderr: "" })
  const { ok, checks } = JSON.parse(outcome.stdout)
  expect(ok).toBe(false)
  const failed = checks.filter(({ status }: { status: string }) => status === "failed")
  expect(failed.map(({ name }: { name: string }) => name)).toEqual(["credentials", "storage"])
  expect(failed[0].message).toContain("CLEVER_CREDENTIALS_REJECTED")
  expect(failed[1].message).toContain("STORAGE_UNREADABLE")
})

test("a list that the token may not read is refused with what to do about it", async () => {
  const storage = { ...environment, HOMEROOM_STORAGE: `sqlite:${folder.path("refused.db")}` }
  expect((await homeroom(["connect", "--district", district], storage)).code).toBe(0)
  simulator.faults.add({ match: "/sections", fault: fault.answer({ status: 403 }) })
  const outcome = await homeroom([...bulk, district], storage)
  simulator.faults.clear()
  expect(outcome.code).toBe(1)
  expect(outcome.stderr).toMatch(
    /CLEVER_REQUEST_REFUSED: .*403.*may not read this list.*scopes.*homeroom doctor/,
  )
})

test("doctor tells what a district does not give", async () => {
  const storage = `sqlite:${folder.path("doctor.db")}`
  simulator.faults.add({ match: "/sections", fault: fault.answer({ status: 403 }) })
  const withoutSections = await homeroom(["doctor"], { ...environment, HOMEROOM_STORAGE: storage })
  simulator.faults.clear()
  expect(withoutSections.code).toBe(1)
  expect(withoutSections.stdout).toMatch(/^failed {3}list of sections of \w+: CLEVER_REQUEST_REFUSED: /m)
  expect(withoutSections.stdout).toMatch(/^warning {2}connections: .*\n +-> Make one: homeroom connect/m)
  expect(withoutSections.stdout).toMatch(/\d+ ok, \d+ with a warning, 1 failed\.\n$/)

  simulator.districts[0]!.disableEvents({ mode: "forbidden" })
  const withoutEvents = await homeroom(["doctor"], { ...environment, HOMEROOM_STORAGE: storage })
  simulator.districts[0]!.enableEvents()
  expect(withoutEvents.code).toBe(0)
  expect(withoutEvents.stdout).toMatch(/^warning {2}events of \w+: .*\n +-> Enable events/m)
})
