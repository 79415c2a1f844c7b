import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import type { WorkerMessage } from "../support/worker-child.ts"
import { WorkerWorld } from "../support/worker-world.ts"

const ended = ({ type }: WorkerMessage): boolean => type === "run-ended"

describe("S22 a worker that is killed is replaced by another, which goes on", () => {
  test.each(["run-started", "listing user", "planning", "applying"])(
    "at %s",
    { timeout: 120_000 },
    async (die) => {
      const world = await WorkerWorld.start()
      await world.ask("bulk")
      const killed = world.worker({ die })
      expect(await killed.gone).toBe("SIGKILL")
      const next = world.worker()
      await next.message(ended)
      const [run, ...others] = await world.runs()
      expect(run).toMatchObject({ state: "applied", mode: "bulk", resumed: die === "run-started" ? 0 : 1 })
      // One that had read nothing yet is not gone on with.
      expect(others.map(({ state }) => state)).toEqual(die === "run-started" ? ["interrupted"] : [])
      expect(await world.stored()).toEqual(world.truth())
    },
  )

  test("right after its commit: nothing is applied twice, and nothing is lost to the target", {
    timeout: 120_000,
  }, async () => {
    const world = await WorkerWorld.start()
    const target = join(world.folder, "target.log")
    await world.ask("bulk")
    const killed = world.worker({ die: "run-ended", target })
    expect(await killed.gone).toBe("SIGKILL")
    const next = world.worker({ target })
    await next.message(ended)
    const [again, first, ...others] = await world.runs()
    expect(others).toEqual([])
    expect([first?.state, again?.state]).toEqual(["applied", "unchanged"])
    expect(await world.stored()).toEqual(world.truth())
    const records = (await world.stored()).size
    await next.message(({ type, commits }) => type === "target-measured" && commits === 0)
    const changeIds = readFileSync(target, "utf8").trim().split("\n")
    expect(new Set(changeIds).size).toBe(records)
  })

  test("in a delta", { timeout: 120_000 }, async () => {
    const world = await WorkerWorld.start()
    await world.roster.sync({ districtId: world.district.id, mode: "bulk" })
    world.truth()
    world.simulator.nextDay({ intensity: 8 })
    await world.ask("delta")
    const killed = world.worker({ die: "applying" })
    expect(await killed.gone).toBe("SIGKILL")
    await world.worker().message(ended)
    const [run] = await world.runs()
    expect(run).toMatchObject({ state: "applied", mode: "delta", resumed: 1 })
    expect(await world.stored()).toEqual(world.truth())
  })
})

describe("S21 a worker that slept while another took over writes nothing when it wakes", () => {
  test.each(["planning", "applying"])("at %s", { timeout: 120_000 }, async (freeze) => {
    const world = await WorkerWorld.start()
    await world.ask("bulk")
    const frozen = world.worker({ freeze })
    await frozen.message(({ type, stage }) => type === "run-stage" && stage === freeze)
    const next = world.worker()
    await next.message(ended)
    const after = await world.stored()
    const { version } = await world.storage.getDistrict(world.district.id)
    frozen.kill("SIGCONT")
    expect(await frozen.message(({ type }) => type === "run-lost")).toMatchObject({ code: "LEASE_LOST" })
    frozen.kill("SIGTERM")
    expect(await frozen.gone).toBe("0")
    expect(await world.stored()).toEqual(after)
    expect((await world.storage.getDistrict(world.district.id)).version).toBe(version)
    expect(after).toEqual(world.truth())
    expect((await world.runs()).map(({ state, resumed }) => [state, resumed])).toEqual([["applied", 1]])
  })
})

describe("S25 a worker that is told to stop", () => {
  test("leaves its run to another, which goes on", { timeout: 120_000 }, async () => {
    const world = await WorkerWorld.start({ users: 3_000 })
    await world.ask("bulk")
    const stopped = world.worker({ pageSize: 20 })
    await stopped.message(
      ({ type, stage, kind }) => type === "run-stage" && stage === "listing" && kind === "user",
    )
    stopped.kill("SIGTERM")
    expect(await stopped.gone).toBe("0")
    expect(stopped.of("run-ended")).toMatchObject([{ run: { state: "interrupted" } }])
    expect(stopped.of("worker-state").map(({ state }) => state)).toEqual(["running", "stopping", "stopped"])
    expect(await world.queue.list()).toMatchObject([{ state: "waiting" }])
    await world.worker().message(ended)
    expect(await world.runs()).toMatchObject([{ state: "applied", resumed: 1 }])
    expect(await world.stored()).toEqual(world.truth())
  })
})
