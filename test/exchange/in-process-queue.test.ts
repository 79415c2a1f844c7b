import { describe, expect, test } from "vitest"
import {
  forgetDistrict,
  type ImportJob,
  type ImportJobHandler,
  type ImportJobRequest,
  type InProcessQueue,
} from "../../src/entries/exchange.ts"
import { HomeroomError } from "../../src/index.ts"
import { districtId, ExchangeWorld, HandTimers, minuteMs, until } from "../support/exchange-world.ts"
import { storageNames } from "../support/roster-world.ts"

function request(index: number, extras: Partial<ImportJobRequest> = {}): ImportJobRequest {
  return {
    districtId: districtId(index),
    mode: "delta",
    reason: "requested",
    requestedBy: "ada",
    ...extras,
  }
}

/** A handler whose jobs end when they are told to. */
class Hall {
  readonly begun: ImportJob[] = []
  readonly at: Map<string, { end: () => void; fail: (error: unknown) => void; signal: AbortSignal }> =
    new Map()
  most = 0

  readonly handle: ImportJobHandler = (job, { signal }) => {
    this.begun.push(job)
    return new Promise<void>((resolve, reject) => {
      expect(this.at.has(job.districtId)).toBe(false)
      const leave = (): void => void this.at.delete(job.districtId)
      const end = (): void => {
        leave()
        resolve()
      }
      const fail = (error: unknown): void => {
        leave()
        reject(error)
      }
      this.at.set(job.districtId, { end, fail, signal })
      this.most = Math.max(this.most, this.at.size)
      signal.addEventListener("abort", () => fail(signal.reason))
    })
  }

  names(): number[] {
    return this.begun.map((job) => Number.parseInt(job.districtId.slice(4), 16))
  }

  async reach(count: number): Promise<void> {
    await until(() => this.begun.length >= count)
  }
}

async function add(queue: InProcessQueue, ...requests: ImportJobRequest[]): Promise<void> {
  for (const one of requests) await queue.add(one)
}

describe.each(storageNames)("the queue in %s", (name) => {
  test("one job waits for each district, however many ask", async () => {
    const { queue } = new ExchangeWorld(name)
    const asked = await Promise.all([1, 1, 1, 2].map((index) => queue.add(request(index))))
    expect(asked.filter(({ isNew }) => isNew)).toHaveLength(2)
    expect(new Set(asked.slice(0, 3).map(({ job }) => job.id)).size).toBe(1)
    expect(await queue.list()).toHaveLength(2)
    expect(await queue.list({ districtId: districtId(2) })).toEqual([asked[3]?.job])
    expect(await queue.remove(districtId(1))).toBe(true)
    expect(await queue.remove(districtId(1))).toBe(false)
    expect(await queue.list()).toEqual([asked[3]?.job])
  })

  test("jobs are handled in the order in which they wait, so many at once, none before its time", async () => {
    const world = new ExchangeWorld(name)
    const { queue } = world
    const notBefore = new Date(world.nowMs + minuteMs).toISOString()
    for (const index of [3, 1, 2]) {
      world.nowMs += 1_000
      await queue.add(request(index))
    }
    await queue.add(request(4, { notBefore }))
    const hall = new Hall()
    await queue.work(hall.handle, { concurrency: 2 })
    await hall.reach(2)
    expect((await queue.list()).map(({ state }) => state)).toEqual([
      "running",
      "running",
      "waiting",
      "waiting",
    ])
    hall.at.get(districtId(3))?.end()
    await hall.reach(3)
    expect(hall.names()).toEqual([3, 1, 2])
    for (const { end } of [...hall.at.values()]) end()
    await until(async () => (await queue.list()).length === 1)
    expect(hall.begun).toHaveLength(3)
    world.nowMs += minuteMs
    world.timers.beat()
    await hall.reach(4)
    hall.at.get(districtId(4))?.end()
    await until(async () => (await queue.list()).length === 0)
    expect(hall.most).toBe(2)
  })

  test("a job that is asked for while one is at work waits for that to end", async () => {
    const { queue } = new ExchangeWorld(name)
    const hall = new Hall()
    await queue.work(hall.handle, { concurrency: 3 })
    await queue.add(request(1))
    await hall.reach(1)
    expect((await queue.add(request(1, { mode: "bulk" }))).isNew).toBe(true)
    await add(queue, request(2))
    await hall.reach(2)
    expect(hall.names()).toEqual([1, 2])
    hall.at.get(districtId(1))?.end()
    await hall.reach(3)
    expect(hall.begun[2]).toMatchObject({ districtId: districtId(1), mode: "bulk" })
  })

  test("large districts have half of the places at most, and neither kind waits for ever", async () => {
    const world = new ExchangeWorld(name)
    const { queue } = world
    const large = { records: 1_000_000 }
    for (let index = 1; index <= 4; index++) {
      world.nowMs += 1
      await queue.add(request(index, large))
    }
    for (let index = 11; index <= 16; index++) {
      world.nowMs += 1
      await queue.add(request(index))
    }
    const hall = new Hall()
    await queue.work(hall.handle, { concurrency: 4 })
    await hall.reach(4)
    // The large ones had waited longer.
    expect(hall.names()).toEqual([1, 2, 11, 12])
    for (const index of [11, 12, 13, 14, 15, 16]) {
      await until(() => hall.at.has(districtId(index)))
      hall.at.get(districtId(index))?.end()
    }
    expect(hall.names().filter((index) => index < 10)).toEqual([1, 2])
    hall.at.get(districtId(2))?.end()
    await until(() => hall.at.has(districtId(3)))
    // One place is shared by turns.
    const single = new Hall()
    const other = world.anotherQueue()
    await other.work(single.handle, { concurrency: 1 })
    await single.reach(1)
    expect(single.names()).toEqual([4])
  })

  test("a handler that rejects has its job tried again a while later", async () => {
    const world = new ExchangeWorld(name)
    const { queue } = world
    const hall = new Hall()
    await queue.work(hall.handle)
    await queue.add(request(1))
    await hall.reach(1)
    hall.at.get(districtId(1))?.fail(new HomeroomError("STORAGE_BUSY"))
    await until(async () => (await queue.list())[0]?.state === "waiting")
    expect(world.errors).toEqual([expect.objectContaining({ code: "STORAGE_BUSY" })])
    world.timers.beat()
    expect(hall.begun).toHaveLength(1)
    world.nowMs += 30_000
    world.timers.beat()
    await hall.reach(2)
    expect(hall.begun[1]?.id).toBe(hall.begun[0]?.id)
  })

  test("stopping ends what runs at its next safe point, and leaves it on the queue", async () => {
    const world = new ExchangeWorld(name)
    const { queue } = world
    const hall = new Hall()
    const work = await queue.work(hall.handle, { concurrency: 2 })
    await add(queue, request(1), request(2), request(3))
    await hall.reach(2)
    await work.stop()
    expect((await queue.list()).map(({ state }) => state)).toEqual(["waiting", "waiting", "waiting"])
    expect(hall.begun).toHaveLength(2)
    const next = new Hall()
    await world.anotherQueue().work(next.handle, { concurrency: 3 })
    await next.reach(3)
    expect(next.begun.map(({ id }) => id)).toEqual(expect.arrayContaining(hall.begun.map(({ id }) => id)))
  })

  test("several processes share it: each job is given to one", async () => {
    const world = new ExchangeWorld(name)
    const handled: string[] = []
    const atWork = new Set<string>()
    const handler: ImportJobHandler = async ({ districtId }) => {
      expect(atWork.has(districtId)).toBe(false)
      atWork.add(districtId)
      await new Promise((resolve) => setTimeout(resolve, 1))
      atWork.delete(districtId)
      handled.push(districtId)
    }
    const queues = [1, 2, 3].map((holder) =>
      world.anotherQueue({ storage: world.openStorage(), holder: `process ${holder}` }),
    )
    const works = await Promise.all(queues.map((queue) => queue.work(handler, { concurrency: 2 })))
    for (let index = 0; index < 40; index++) await queues[index % 3]?.add(request(index))
    await until(async () => {
      world.timers.beat()
      return (await world.queue.list()).length === 0
    })
    await Promise.all(works.map((work) => work.stop()))
    expect(handled.sort()).toEqual(Array.from({ length: 40 }, (_, index) => districtId(index)))
  })

  test("what a process had at work that is not heard of any more is given to another", async () => {
    const world = new ExchangeWorld(name)
    const frozen = new HandTimers()
    const lost = new Hall()
    await world
      .anotherQueue({ storage: world.openStorage(), repeat: frozen.repeat, holder: "frozen" })
      .work(lost.handle)
    const { job } = await world.queue.add(request(1))
    frozen.beat()
    await lost.reach(1)
    const hall = new Hall()
    await world.queue.work(hall.handle)
    world.nowMs += 59_000
    world.timers.beat()
    expect(hall.begun).toEqual([])
    // Its heartbeat keeps it.
    frozen.beat()
    await until(() => lost.at.size === 1)
    await new Promise((resolve) => setTimeout(resolve, 20))
    world.nowMs += 59_000
    world.timers.beat()
    expect(hall.begun).toEqual([])
    world.nowMs += 2_000
    world.timers.beat()
    await hall.reach(1)
    expect(hall.begun[0]).toMatchObject({ id: job.id, state: "running" })
    // Woken up, it finds that it is not its job any more, and leaves it alone.
    frozen.beat()
    await until(() => lost.at.size === 0)
    expect(await world.queue.list()).toHaveLength(1)
    hall.at.get(districtId(1))?.end()
    await until(async () => (await world.queue.list()).length === 0)
  })

  test("a district that is forgotten goes from the queue, and nothing of it comes back", async () => {
    const world = new ExchangeWorld(name)
    const { queue, storage } = world
    const hall = new Hall()
    await queue.work(hall.handle)
    await queue.add(request(1))
    await hall.reach(1)
    await queue.add(request(1))
    await forgetDistrict({ storage, districtId: districtId(1), by: "cli", clock: world.now })
    hall.at.get(districtId(1))?.fail(new HomeroomError("STORAGE_BUSY"))
    await until(() => world.errors.length === 1)
    await new Promise((resolve) => setTimeout(resolve, 10))
    expect(await queue.list()).toEqual([])
    expect(await storage.countTraces(districtId(1))).toEqual({})
  })
})

test("jobs outlive the process", async () => {
  const world = new ExchangeWorld("sqlite")
  const { job } = await world.queue.add(request(1))
  await world.storage.close()
  const queue = world.anotherQueue({ storage: world.openStorage() })
  expect(await queue.list()).toEqual([job])
})
