import { readFileSync, statSync } from "node:fs"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { kinds } from "../../src/index.ts"
import { fault, type Simulator, startSimulator } from "../../src/simulator/index.ts"
import { type Environment, environmentOf, homeroom, linesOf, makeFolder, type Outcome } from "./support.ts"

const importKeys = [
  "runId",
  "districtId",
  "mode",
  "requestedMode",
  "fallback",
  "state",
  "counts",
  "holds",
  "rejected",
  "cursor",
  "requests",
  "records",
  "durationMs",
  "skippedEvents",
]
const historyKeys = [
  ...importKeys,
  "startedAt",
  "finishedAt",
  "startedBy",
  "purpose",
  "undoes",
  "approval",
  "decision",
  "error",
]
const countKeys = ["created", "updated", "archived", "restored", "unchanged", "rejected"]

const folder = makeFolder()
let simulator: Simulator
let environment: Environment
let district: string
/** What the commands that must not name anybody have printed. */
let printed = ""

beforeAll(async () => {
  simulator = await startSimulator({ users: 300, schools: 2, seed: 7 })
  environment = environmentOf(simulator, `sqlite:${folder.path("homeroom.db")}`)
  district = simulator.districts[0]!.id
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

interface ExportLine {
  kind: string
  id: string
  state: string
  data: Record<string, unknown>
}

async function exported(...args: string[]): Promise<ExportLine[]> {
  const { code, stdout, stderr } = await homeroom(["export", "--district", district, ...args], environment)
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
  return linesOf(stdout).map((line) => JSON.parse(line) as ExportLine)
}

/** What Clever shows right now, as `export` should print it. */
function truth(): ExportLine[] {
  return kinds.flatMap((kind) =>
    simulator.districts[0]!.records(kind).map((data) => ({
      kind,
      id: String(data.id),
      state: "active",
      data: data as Record<string, unknown>,
    })),
  )
}

describe("a district's first days", () => {
  let bulkRun = ""
  let deltaRun = ""

  test("connect activates the connection, and again changes nothing", async () => {
    const first = await run("connect", "--district", district)
    expect(first).toMatchObject({ code: 0, stderr: "" })
    expect(first.stdout).toContain(`District ${district} (${simulator.districts[0]!.name}) is connected`)
    expect(first.stdout).toContain("active, sso+provisioning")
    expect(await run("connect", "--district", district)).toEqual(first)
  })

  test("connect --mode sso changes the mode, and import then refuses", async () => {
    const changed = await run("connect", "--district", district, "--mode", "sso")
    expect(changed.stdout).toContain("active, sso.")
    const refused = await run("import", "--district", district, "--mode", "bulk", "--json")
    expect(refused).toMatchObject({ code: 1, stdout: "" })
    expect(refused.stderr).toMatch(/^homeroom: CONNECTION_WITHOUT_PROVISIONING: .*\n$/)
    expect((await run("connect", "--district", district)).stdout).toContain("active, sso+provisioning.")
  })

  test("import --mode bulk --json prints one object with exactly the promised keys", async () => {
    simulator.requests.clear()
    const outcome = await run("import", "--district", district, "--mode", "bulk", "--json")
    expect(outcome).toMatchObject({ code: 0, stderr: "" })
    expect(linesOf(outcome.stdout)).toHaveLength(1)
    const result = JSON.parse(outcome.stdout)
    expect(Object.keys(result)).toEqual(importKeys)
    expect(result).toMatchObject({
      districtId: district,
      mode: "bulk",
      requestedMode: "bulk",
      fallback: null,
      state: "applied",
      holds: [],
      rejected: [],
      cursor: { eventId: expect.any(String) },
    })
    expect(Object.keys(result.counts)).toEqual([...kinds])
    for (const kind of kinds) {
      expect(Object.keys(result.counts[kind])).toEqual(countKeys)
      expect(result.counts[kind].created).toBe(simulator.districts[0]!.count(kind))
    }
    expect(result.requests).toBe(simulator.requests.total)
    expect(result.records).toBeGreaterThanOrEqual(300)
    expect(result.durationMs).toBeGreaterThan(0)
    bulkRun = result.runId
  })

  test("export prints the roster as Clever has it, in kind then id order", async () => {
    expect(await exported()).toEqual(truth())
    expect(await exported("--kind", "school")).toEqual(truth().filter(({ kind }) => kind === "school"))
  })

  test("import --mode delta brings a day's changes", async () => {
    const before = new Set(truth().map(({ id }) => id))
    simulator.nextDay()
    const after = truth()
    const outcome = await run("import", "--district", district, "--mode", "delta", "--json")
    expect(outcome).toMatchObject({ code: 0, stderr: "" })
    const result = JSON.parse(outcome.stdout)
    expect(result).toMatchObject({ mode: "delta", fallback: null, state: "applied" })
    const users = after.filter(({ kind, id }) => kind === "user" && !before.has(id))
    expect(result.counts.user.created + result.counts.user.restored).toBe(users.length)
    expect(result.counts.user.archived).toBeGreaterThan(0)
    deltaRun = result.runId
    expect(await exported()).toEqual(after)
  })

  test("export --state shows who is archived", async () => {
    const archived = await exported("--state", "archived")
    expect(archived.length).toBeGreaterThan(0)
    expect(new Set(archived.map(({ state }) => state))).toEqual(new Set(["archived"]))
    expect(await exported("--state", "all")).toHaveLength(archived.length + truth().length)
  })

  test("import without changes is unchanged, and says so to people", async () => {
    const outcome = await run("import", "--district", district, "--mode", "bulk", "--page-size", "50")
    expect(outcome).toMatchObject({ code: 0, stderr: "" })
    expect(outcome.stdout).toMatch(/^Import \S+: unchanged\n/)
    expect(outcome.stdout).toMatch(/^kind +created +updated +archived +restored +unchanged +rejected$/m)
  })

  test("a failed import prints its run with the error, and ends with 1", async () => {
    simulator.faults.add({ match: "/sections", fault: fault.answer({ status: 400 }) })
    const outcome = await run("import", "--district", district, "--mode", "bulk", "--json")
    simulator.faults.clear()
    expect(outcome.code).toBe(1)
    expect(outcome.stderr).toMatch(/^homeroom: CLEVER_REQUEST_REFUSED: .*\n$/)
    const result = JSON.parse(outcome.stdout)
    expect(Object.keys(result)).toEqual([...importKeys, "error"])
    expect(result).toMatchObject({ state: "failed", cursor: null, error: { code: "CLEVER_REQUEST_REFUSED" } })
  })

  test("history lists all of them, newest first", async () => {
    const { code, stdout, stderr } = await run("history", "--json")
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
    const runs = JSON.parse(stdout) as Record<string, unknown>[]
    expect(runs.map(({ state, mode }) => `${mode} ${state}`)).toEqual([
      "bulk failed",
      "bulk unchanged",
      "delta applied",
      "bulk applied",
    ])
    for (const entry of runs) expect(Object.keys(entry)).toEqual(historyKeys)
    expect(runs[0]).toMatchObject({ startedBy: "cli", error: { code: "CLEVER_REQUEST_REFUSED" } })
    expect(runs[2]).toMatchObject({ runId: deltaRun, error: null, finishedAt: expect.any(String) })

    const text = await run("history", "--district", district)
    expect(text).toMatchObject({ code: 0, stderr: "" })
    expect(linesOf(text.stdout)).toHaveLength(5)
    expect(linesOf(text.stdout)[4]).toContain(bulkRun)
  })

  test("history of a district without imports is empty", async () => {
    const none = await homeroom(["history", "--district", "nobody", "--json"], environment)
    expect(none).toEqual({ code: 0, stdout: "[]\n", stderr: "" })
    const text = await homeroom(["history", "--district", "nobody"], environment)
    expect(text).toMatchObject({ code: 0, stdout: "" })
    expect(text.stderr).toContain("There are no imports of district nobody")
  })

  test("show --json is the run with its changes", async () => {
    const { code, stdout, stderr } = await homeroom(["show", deltaRun, "--json"], environment)
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
    const shown = JSON.parse(stdout)
    expect(Object.keys(shown)).toEqual([...historyKeys, "changes"])
    const of = (action: string) =>
      shown.changes.filter((change: { action: string }) => change.action === action)
    const total = (name: string) => kinds.reduce((sum, kind) => sum + (shown.counts[kind][name] as number), 0)
    expect(of("create")).toHaveLength(total("created"))
    expect(of("update")).toHaveLength(total("updated"))
    expect(of("archive")).toHaveLength(total("archived"))
    const updated = of("update").find((change: { fields: unknown[] }) => change.fields.length > 0)
    expect(updated.fields[0]).toHaveProperty("path")
    expect(shown.changes.some((change: { joined: unknown[] }) => change.joined.length > 0)).toBe(true)
  })

  test("show prints it for people, and --csv writes the changes into a file nobody else reads", async () => {
    const text = await homeroom(["show", deltaRun], environment)
    expect(text).toMatchObject({ code: 0, stderr: "" })
    expect(text.stdout).toContain(`Import ${deltaRun}: applied`)
    expect(text.stdout).toMatch(/^ {2}user \S+ archived: \S+ \S.*$/m)
    expect(text.stdout).toMatch(/^ {4}joined: student \S+$/m)

    const file = folder.path("changes.csv")
    const csv = await homeroom(["show", deltaRun, "--csv", file], environment)
    expect(csv.code).toBe(0)
    expect(csv.stdout).not.toContain("archived\n")
    expect(csv.stderr).toMatch(/^homeroom: \d+ changes written to .*\n$/)
    const rows = readFileSync(file, "utf8").split("\r\n")
    expect(rows[0]).toBe("kind,id,action,field,before,after")
    expect(rows.some((row) => /^section,\w+,updated,joined as student,,\w+$/.test(row))).toBe(true)
    expect(statSync(file).mode & 0o077).toBe(0)
  })

  test("doctor finds everything in order", async () => {
    const { code, stdout, stderr } = await run("doctor", "--json")
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
    const { ok, checks } = JSON.parse(stdout) as {
      ok: boolean
      checks: { name: string; district: string | null; status: string }[]
    }
    expect(ok).toBe(true)
    const status = Object.fromEntries(checks.map((check) => [check.name, check.status]))
    expect(status).toMatchObject({
      credentials: "ok",
      clock: "ok",
      "api version": "ok",
      key: "ok",
      storage: "ok",
      connections: "ok",
      connection: "ok",
      "newest import": "warning",
      "daily import": "ok",
      archiving: "ok",
      scopes: "ok",
      lists: "ok",
      events: "ok",
      district: "ok",
    })
  })

  test("nothing but export and show names a person, a token or a secret", () => {
    const people = simulator.districts[0]!.records("user").flatMap((user) => {
      const { first, last } = (user.name ?? {}) as { first?: string; last?: string }
      return [user.email, first && last ? `${first} ${last}` : undefined, last && `"${last}"`]
    })
    const secrets = [simulator.districts[0]!.token, simulator.clientSecret, ...people]
    const canaries = secrets.filter((text): text is string => typeof text === "string" && text.length > 3)
    expect(canaries.length).toBeGreaterThan(500)
    expect(printed.length).toBeGreaterThan(5_000)
    expect(canaries.filter((text) => printed.includes(text))).toEqual([])
  })
})

test("the token of the environment is used as it is, and reaches its own district only", async () => {
  const other = await startSimulator({ users: 60, schools: 1, seed: 9, districts: 2 })
  try {
    const [mine, theirs] = other.districts
    const withToken = {
      HOMEROOM_CLEVER_API_URL: other.apiUrl,
      HOMEROOM_CLEVER_AUTH_URL: other.authUrl,
      HOMEROOM_STORAGE: `sqlite:${folder.path("token.db")}`,
      CLEVER_DISTRICT_TOKEN: mine!.token,
    }
    const connected = await homeroom(["connect", "--district", mine!.id], withToken)
    expect(connected).toMatchObject({ code: 0, stderr: "" })
    const wrong = await homeroom(["connect", "--district", theirs!.id], withToken)
    expect(wrong).toMatchObject({ code: 1, stdout: "" })
    expect(wrong.stderr).toMatch(/^homeroom: CLEVER_DISTRICT_NOT_CONNECTED: /)
  } finally {
    await other.close()
  }
})
