import { once } from "node:events"
import { closeSync, existsSync, openSync } from "node:fs"
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest"
import { fault, type Simulator, startSimulator } from "../../src/simulator/index.ts"
import { SqliteStorage } from "../../src/storage/sqlite/index.ts"
import { environmentOf, homeroom, linesOf, makeFolder, startHomeroom, until } from "./support.ts"

const folder = makeFolder()
let simulator: Simulator
let environment: Record<string, string>
let storagePath: string
let district: string

beforeAll(async () => {
  simulator = await startSimulator({ users: 400, schools: 2, seed: 5 })
  storagePath = folder.path("homeroom.db")
  environment = environmentOf(simulator, `sqlite:${storagePath}`)
  district = simulator.districts[0]!.id
  expect((await homeroom(["connect", "--district", district], environment)).code).toBe(0)
})

afterEach(() => simulator.faults.clear())

afterAll(async () => {
  await simulator.close()
  folder.remove()
})

const importBulk = (...more: string[]) => [
  "import",
  "--district",
  district,
  "--mode",
  "bulk",
  "--json",
  ...more,
]

describe.each(["SIGTERM", "SIGINT"] as const)("%s", (signal) => {
  test("stops an import at a safe point, and running it again goes on", async () => {
    // The third page of users never comes.
    const stuck = simulator.faults.add({ match: "/users", after: 2, fault: fault.delay({ ms: 600_000 }) })
    const running = startHomeroom(importBulk("--page-size", "50"), environment)
    await until(() => stuck.hits > 0, "the third page to be asked for")
    running.process.kill(signal)
    const stopped = await running.ended
    expect(stopped.code).toBe(1)
    expect(linesOf(stopped.stderr)).toHaveLength(1)
    expect(stopped.stderr).toMatch(/^homeroom: ABORTED: .* was stopped\. .*goes on from its last staged page/)
    const interrupted = JSON.parse(stopped.stdout)
    expect(interrupted).toMatchObject({ state: "interrupted", cursor: null })

    simulator.faults.clear()
    simulator.requests.clear()
    const again = await homeroom(importBulk("--page-size", "50"), environment)
    expect(again).toMatchObject({ code: 0, stderr: "" })
    const resumed = JSON.parse(again.stdout)
    expect(resumed.runId).toBe(interrupted.runId)
    expect(["applied", "unchanged"]).toContain(resumed.state)
    expect(simulator.requests.count({ path: "/schools" })).toBe(0)
    expect(simulator.requests.count({ path: "/users" })).toBeLessThan(400 / 50)
    const lines = linesOf(
      (await homeroom(["export", "--district", district, "--kind", "user"], environment)).stdout,
    )
    expect(lines).toHaveLength(simulator.districts[0]!.count("user"))
  })
})

test("S32 cancel ends an import that another process has at work", { timeout: 60_000 }, async () => {
  const stuck = simulator.faults.add({ match: "/users", fault: fault.delay({ ms: 600_000 }) })
  const running = startHomeroom(importBulk("--page-size", "50"), environment)
  await until(() => stuck.hits > 0, "the users to be asked for")
  const history = await homeroom(["history", "--district", district, "--json"], environment)
  const [{ runId }] = JSON.parse(history.stdout) as [{ runId: string }]
  const asked = await homeroom(["cancel", runId, "--why", "Wrong district"], environment)
  expect(asked).toMatchObject({ code: 0, stdout: "" })
  const { code, stdout, stderr } = await running.ended
  expect(code).toBe(1)
  expect(stderr).toMatch(/^homeroom: RUN_CANCELLED: /)
  expect(JSON.parse(stdout)).toMatchObject({ runId, state: "cancelled" })
  const shown = await homeroom(["show", runId], environment)
  expect(shown.stdout).toMatch(/cancelled {2}\S+ by cli: Wrong district/)
  expect(await homeroom(["cancel", runId], environment)).toMatchObject({ code: 1 })
})

async function holdLease(holder = "school-server:1"): Promise<() => Promise<void>> {
  const storage = new SqliteStorage({ path: storagePath })
  await storage.open()
  const answer = await storage.acquireLease({ districtId: district, holder, ttlMs: 60_000 })
  if (!answer.acquired) throw new Error("the lease is taken")
  return async () => {
    await storage.releaseLease(answer.lease)
    await storage.close()
  }
}

describe("while another import of the district runs", () => {
  test("import ends with 4 and says whose it is", async () => {
    const release = await holdLease()
    const outcome = await homeroom(importBulk(), environment)
    await release()
    expect(outcome).toMatchObject({ code: 4, stdout: "" })
    expect(outcome.stderr).toMatch(/^homeroom: SYNC_IN_PROGRESS: .*school-server:1, since .*\n$/)
  })

  test("import --wait that runs out ends with 4 too", async () => {
    const release = await holdLease()
    const outcome = await homeroom(importBulk("--wait", "0.1"), environment)
    await release()
    expect(outcome).toMatchObject({ code: 4, stdout: "" })
    expect(linesOf(outcome.stderr).at(-1)).toMatch(/^homeroom: SYNC_IN_PROGRESS: /)
  })

  test("import --wait goes on when the other one ends", async () => {
    const release = await holdLease()
    const running = startHomeroom(importBulk("--wait", "60"), environment)
    await until(() => running.stderr.includes("waiting up to 60 s"), "the command to say that it waits")
    expect(running.process.exitCode).toBeNull()
    await release()
    const outcome = await running.ended
    expect(outcome.code).toBe(0)
    expect(JSON.parse(outcome.stdout).state).toBe("unchanged")
  })

  test("a waiting import can be stopped", async () => {
    const release = await holdLease()
    const running = startHomeroom(importBulk("--wait", "60"), environment)
    await until(() => running.stderr.includes("waiting up to 60 s"), "the command to say that it waits")
    running.process.kill("SIGTERM")
    const outcome = await running.ended
    await release()
    expect(outcome).toMatchObject({ code: 1, stdout: "" })
    expect(linesOf(outcome.stderr).at(-1)).toMatch(/^homeroom: ABORTED: /)
  })
})

test("two imports at once: one does the work, the other ends with 4", async () => {
  const slow = simulator.faults.add({ match: "/sections", fault: fault.delay({ ms: 600_000 }) })
  const first = startHomeroom(importBulk(), environment)
  await until(() => slow.hits > 0, "the first import to reach the sections")
  const second = await homeroom(importBulk(), environment)
  expect(second).toMatchObject({ code: 4, stdout: "" })
  first.process.kill("SIGTERM")
  expect((await first.ended).code).toBe(1)
})

describe("output that can't be written", () => {
  test.each([
    ["export", () => ["export", "--district", district]],
    ["history", () => ["history", "--json"]],
  ])("is said of %s, with what to do", async (_name, args) => {
    // Only Linux has a device that is always full.
    if (!existsSync("/dev/full")) return
    const full = openSync("/dev/full", "w")
    const outcome = await startHomeroom(args(), environment, full).ended
    closeSync(full)
    expect(outcome).toMatchObject({ code: 1, stdout: "" })
    expect(outcome.stderr).toMatch(
      /^homeroom: OUTPUT_UNWRITABLE: .*\(ENOSPC\)\. Make room .*: see homeroom history\.\n$/,
    )
  })
})

describe("a reader that goes away", () => {
  test.each([
    ["export", () => ["export", "--district", district]],
    ["history", () => ["history", "--json"]],
    ["help", () => ["--help"]],
  ])("ends %s quietly", async (_name, args) => {
    const running = startHomeroom(args(), environment)
    running.process.stdout?.destroy()
    const [code] = await once(running.process, "close")
    expect({ code, stderr: running.stderr }).toEqual({ code: 0, stderr: "" })
  })

  test("an export is cut off after the lines that were read", async () => {
    const running = startHomeroom(["export", "--district", district], environment)
    await until(() => running.stdout.includes("\n"), "the first line")
    running.process.stdout?.destroy()
    const [code] = await once(running.process, "close")
    expect({ code, stderr: running.stderr }).toEqual({ code: 0, stderr: "" })
    expect(JSON.parse(linesOf(running.stdout)[0]!)).toMatchObject({ kind: "district", id: district })
  })

  test("a failed import has failed all the same", async () => {
    simulator.faults.add({ match: "/sections", fault: fault.answer({ status: 400 }) })
    const running = startHomeroom(importBulk(), environment)
    running.process.stdout?.destroy()
    const [code] = await once(running.process, "close")
    expect(code).toBe(1)
    expect(running.stderr).toMatch(/^homeroom: CLEVER_REQUEST_REFUSED: .*\n$/)
  })

  test("an import does its work all the same", async () => {
    simulator.nextDay()
    const running = startHomeroom(["import", "--district", district, "--mode", "delta"], environment)
    running.process.stdout?.destroy()
    const [code] = await once(running.process, "close")
    expect({ code, stderr: running.stderr }).toEqual({ code: 0, stderr: "" })
    const [newest] = JSON.parse((await homeroom(["history", "--json"], environment)).stdout)
    expect(newest).toMatchObject({ mode: "delta", state: "applied" })
  })
})

describe.each(["SIGTERM", "SIGINT"] as const)("%s stops at a safe point", (signal) => {
  /** Sends the signal while the command waits for somebody's login to be done with the district. */
  async function stopped(args: readonly string[]): Promise<void> {
    const release = await holdLease("school-server:1 (one person)")
    const announce = "process.on('newListener',(name)=>name==='SIGTERM'&&process.stderr.write('listens '))"
    const running = startHomeroom(args, {
      ...environment,
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(announce)}`,
    })
    await until(() => running.stderr.includes("listens"), "the command to listen to signals")
    running.process.kill(signal)
    const outcome = await running.ended
    await release()
    expect(outcome).toMatchObject({ code: 1, stdout: "" })
    expect(outcome.stderr).toMatch(/homeroom: ABORTED: .*\n$/)
  }

  test("approve, and then undo: nothing is changed, and either can be run again", {
    timeout: 60_000,
  }, async () => {
    simulator.nextDay()
    const planned = await homeroom(["plan", "--district", district, "--json"], environment)
    const { runId } = JSON.parse(planned.stdout)
    await stopped(["approve", runId, "--json"])
    const approved = await homeroom(["approve", runId, "--json"], environment)
    expect(JSON.parse(approved.stdout)).toMatchObject({ runId, state: "applied" })

    await stopped(["undo", runId, "--json"])
    const [newest] = JSON.parse((await homeroom(["history", "--json"], environment)).stdout)
    expect(newest).toMatchObject({ runId, state: "applied" })
    const undone = await homeroom(["undo", runId, "--json"], environment)
    expect(JSON.parse(undone.stdout)).toMatchObject({ mode: "undo", state: "applied" })
    expect((await homeroom(["connect", "--district", district], environment)).code).toBe(0)
  })
})
