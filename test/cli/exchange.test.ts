import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { storageAt } from "../../src/cli/environment.ts"
import { type Simulator, startSimulator } from "../../src/simulator/index.ts"
import { type Environment, environmentOf, homeroom, linesOf, makeFolder, type Outcome } from "./support.ts"

const folder = makeFolder()
let simulator: Simulator
let environment: Environment
let one: string
let two: string

beforeAll(async () => {
  simulator = await startSimulator({ districts: 2, users: 30, schools: 1, seed: 7 })
  environment = environmentOf(simulator, `sqlite:${folder.path("homeroom.db")}`)
  one = simulator.districts[0]?.id ?? ""
  two = simulator.districts[1]?.id ?? ""
})

afterAll(async () => {
  await simulator.close()
  folder.remove()
})

function run(...args: string[]): Promise<Outcome> {
  return homeroom(args, environment)
}

async function json(...args: string[]): Promise<unknown> {
  const { code, stdout, stderr } = await run(...args, "--json")
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
  return JSON.parse(stdout)
}

/** How many requests to Clever were reserved with all processes on the storage. */
async function requestsReserved(): Promise<number> {
  const storage = storageAt(environment.HOMEROOM_STORAGE ?? "")
  await storage.open()
  try {
    const budgets = await storage.listDocuments({ collection: "rate-budgets", limit: 100 })
    const grants = budgets.flatMap(({ value }) => (value as { grants: [number, number][] }).grants)
    return grants.reduce((sum, [, count]) => sum + count, 0)
  } finally {
    await storage.close()
  }
}

describe("an operator's day", { timeout: 90_000 }, () => {
  test("discover files the districts that have connected at Clever, once", async () => {
    const reports = await json("discover")
    expect(reports).toMatchObject([{ app: "default", districts: 2, back: [], gone: [], error: null }])
    expect((reports as { found: string[] }[])[0]?.found.sort()).toEqual([one, two].sort())
    const again = await run("discover")
    expect(again).toMatchObject({ code: 0, stdout: "2 districts are connected to the app at Clever.\n" })
  })

  test("discover says why Clever could not be asked, and ends with 1", async () => {
    const refused = await homeroom(["discover"], { ...environment, CLEVER_CLIENT_SECRET: "wrong" })
    expect(refused).toMatchObject({ code: 1, stdout: "" })
    expect(refused.stderr).toMatch(/^homeroom: CLEVER_CREDENTIALS_REJECTED: .*\n$/)
  })

  test("connections lists them, and takes a step with one", async () => {
    const listed = await json("connections")
    expect(listed).toMatchObject(
      [one, two].sort().map((districtId) => ({
        districtId,
        state: "requested",
        by: "discovery",
        app: null,
        nextImportAt: null,
        quarantine: null,
      })),
    )
    expect((await run("connections", "--district", two, "--step", "decline")).stdout).toContain("declined")
    const wrong = await run("connections", "--district", two, "--step", "pause")
    expect(wrong).toMatchObject({ code: 1, stdout: "" })
    expect(wrong.stderr).toContain("CONNECTION_TRANSITION_INVALID")
    expect(await run("connections", "--step", "pause")).toMatchObject({ code: 2 })
    await run("connect", "--district", one)
    expect(await json("connections", "--district", one)).toMatchObject([
      { state: "active", name: simulator.districts[0]?.name, nextImportAt: expect.stringMatching(/Z$/) },
    ])
  })

  test("schedule shows and sets when a district is imported", async () => {
    expect(await json("schedule", "--district", one)).toMatchObject({
      districtId: one,
      state: "scheduled",
      lastAt: null,
      schedule: { cron: "0 22 * * *", timeZone: "America/New_York", blackout: [], atLeastDaily: true },
    })
    const set = ["--cron", "30 3 * * 1-5", "--zone", "Europe/Berlin", "--jitter", "0"]
    const dates = ["--blackout", "2030-12-24..2031-01-02,2031-05-01", "--less-than-daily"]
    expect(await json("schedule", "--district", one, ...set, ...dates)).toMatchObject({
      schedule: {
        cron: "30 3 * * 1-5",
        timeZone: "Europe/Berlin",
        blackout: [{ from: "2030-12-24", to: "2031-01-02" }, "2031-05-01"],
        atLeastDaily: false,
      },
    })
    // The rest stays.
    expect(await json("schedule", "--district", one, "--bulk-every", "30", "--blackout-none")).toMatchObject({
      schedule: { cron: "30 3 * * 1-5", bulkEveryDays: 30, blackout: [], atLeastDaily: false },
    })
    const shown = await run("schedule", "--district", one)
    expect(shown.stdout).toContain("cron       30 3 * * 1-5\n")
    expect(await json("schedule", "--district", one, "--reset")).toMatchObject({
      schedule: { cron: "0 22 * * *", bulkEveryDays: 7 },
    })
  })

  test.each([
    ["--cron", "61 * * * *", 1, "SCHEDULE_INVALID"],
    ["--zone", "Mars/Base", 1, "SCHEDULE_INVALID"],
    ["--blackout", "2026-02-30", 1, "SCHEDULE_INVALID"],
    ["--blackout", "2026-02-01..", 2, "INVALID_OPTIONS"],
    ["--jitter", "many", 2, "INVALID_OPTIONS"],
  ])("schedule refuses %s %s", async (option, value, code, word) => {
    const refused = await run("schedule", "--district", one, option, value)
    expect(refused).toMatchObject({ code, stdout: "" })
    expect(refused.stderr).toContain(`homeroom: ${word}: `)
  })

  test("queue adds, lists and cancels imports; audit tells who did what", async () => {
    expect((await run("queue")).stderr).toContain("No import waits")
    expect(await json("queue", "--district", one, "--add", "bulk")).toMatchObject([
      { districtId: one, mode: "bulk", state: "waiting", reason: "requested", requestedBy: "cli" },
    ])
    expect(linesOf((await run("queue")).stdout)).toHaveLength(2)
    expect((await run("queue", "--district", one, "--cancel")).stderr).toContain("taken off the queue")
    expect(await json("queue", "--district", one, "--try-now")).toMatchObject([{ mode: "delta" }])
    const refused = await run("queue", "--district", two, "--add", "delta")
    expect(refused).toMatchObject({ code: 1 })
    expect(refused.stderr).toContain("CONNECTION_NOT_ACTIVE")
    const entries = (await json("audit", "--district", one, "--limit", "4")) as { action: string }[]
    expect(entries.map(({ action }) => action)).toEqual([
      "import-requested",
      "import-cancelled",
      "import-requested",
      "settings-changed",
    ])
    expect((await run("audit", "--district", two)).stdout).toContain("connection-declined")
  })

  test("an import counts towards the limit that processes share, is noted as a success, and undo tells of the pause", async () => {
    const before = await requestsReserved()
    const { stdout } = await run("import", "--district", one, "--mode", "bulk", "--json")
    expect(await requestsReserved()).toBeGreaterThan(before)
    const { runId } = JSON.parse(stdout) as { runId: string }
    expect(await json("connections", "--district", one)).toMatchObject([
      { failures: 0, lastSuccessAt: expect.stringMatching(/Z$/) },
    ])
    await run("undo", runId)
    const entries = (await json("audit", "--district", one)) as object[]
    expect(entries.slice(0, 2)).toMatchObject([
      { action: "run-undone", by: "cli" },
      { action: "connection-paused", by: "cli" },
    ])
  })
})

describe("several Clever apps", { timeout: 90_000 }, () => {
  const several = (): Environment => ({
    ...environment,
    HOMEROOM_STORAGE: `sqlite:${folder.path("several.db")}`,
    CLEVER_CLIENT_ID: undefined,
    CLEVER_CLIENT_SECRET: undefined,
    CLEVER_APPS: "sign-in, rostering",
    CLEVER_CLIENT_ID_SIGN_IN: "unknown",
    CLEVER_CLIENT_SECRET_SIGN_IN: "wrong",
    CLEVER_MODE_SIGN_IN: "sso",
    CLEVER_CLIENT_ID_ROSTERING: simulator.clientId,
    CLEVER_CLIENT_SECRET_ROSTERING: simulator.clientSecret,
  })

  test("a connection goes through the app that it names", async () => {
    const connect = (...args: string[]) => homeroom(["connect", "--district", one, ...args], several())
    expect((await connect("--mode", "sso")).stderr).toContain("CLEVER_CREDENTIALS_REJECTED")
    expect(await connect("--app", "none")).toMatchObject({ code: 2 })
    expect(await connect("--app", "rostering")).toMatchObject({ code: 0 })
    const { stdout } = await homeroom(["connections", "--json"], several())
    expect(JSON.parse(stdout)).toMatchObject([{ districtId: one, app: "rostering", state: "active" }])
    expect(await homeroom(["import", "--district", one, "--mode", "bulk"], several())).toMatchObject({
      code: 0,
    })
    expect(await homeroom(["schedule", "--district", one, "--jitter", "5"], several())).toMatchObject({
      code: 0,
    })
  })

  test("one app's failure is told, and the other's districts are found", async () => {
    const found = await homeroom(["discover"], several())
    expect(found.code).toBe(1)
    expect(found.stdout).toContain("2 districts are connected to rostering at Clever.")
    expect(found.stderr).toMatch(/^homeroom: CLEVER_CREDENTIALS_REJECTED: sign-in: /)
  })

  test("doctor looks at each app, and at a district through its own", async () => {
    const { stdout } = await homeroom(["doctor", "--json"], several())
    const { checks } = JSON.parse(stdout) as {
      checks: { name: string; district: string | null; status: string }[]
    }
    const statusOf = (name: string) => checks.find((check) => check.name === name)?.status
    expect(statusOf("credentials of sign-in")).toBe("failed")
    expect(statusOf("credentials of rostering")).toBe("ok")
    expect(checks.filter(({ district }) => district === one).length).toBeGreaterThan(2)
  })

  test("each needs its variables", async () => {
    const missing = await homeroom(["discover"], { ...several(), CLEVER_CLIENT_SECRET_SIGN_IN: undefined })
    expect(missing).toMatchObject({ code: 2 })
    expect(missing.stderr).toContain("CLEVER_CLIENT_SECRET_SIGN_IN")
    const wrong = await homeroom(["discover"], { ...several(), CLEVER_MODE_SIGN_IN: "both" })
    expect(wrong).toMatchObject({ code: 2 })
    expect(wrong.stderr).toContain("CLEVER_MODE_SIGN_IN")
  })
})
