import { expect, test } from "vitest"
import { HomeroomError } from "../../src/errors/index.ts"
import type { SyncProgress } from "../../src/roster/index.ts"
import type { Run, StagedChange } from "../../src/storage/contract.ts"
import { RosterWorld, storageNames } from "../support/roster-world.ts"

/** What went on between the engine, Clever and the storage, in order. */
function watched(world: RosterWorld): string[] {
  const log: string[] = []
  world.source.beforeRequest = (name) => log.push(`ask ${name}`)
  const pageOf = ([, batch]: readonly unknown[]) => (batch as { run: Run }).run.checkpoint
  world.hooks.beforeCall = (method, parameters) => {
    if (method === "stage") log.push(`stage ${pageOf(parameters)?.stage}`)
    else log.push(method)
  }
  world.hooks.afterCall = (method) => {
    if (method === "stage") log.push("staged")
  }
  return log
}

test("S1 what is replayed is asked for once the last page of the listing is here, before that page is staged", async () => {
  const world = new RosterWorld({ pageSize: 20 })
  await world.bulk()
  const log = watched(world)
  await world.bulk()
  const events = log.indexOf("ask events 0")
  const lastPage = log.findLastIndex((entry) => /^ask section/.test(entry))
  expect(events).toBeGreaterThan(lastPage)
  expect(log.slice(events).filter((entry) => entry === "stage listing")).toHaveLength(1)
  expect(log.filter((entry) => /^ask events/.test(entry))).toHaveLength(1)
})

test("S1 where the last kind is listed once more, what is replayed is asked for after that", async () => {
  const world = new RosterWorld({ pageSize: 20 })
  await world.bulk()
  const log = watched(world)
  const [first = "", second = ""] = world.ids("section")
  let listings = 0
  const { recordPages, eventPages } = world.source
  const early: (AbortSignal | undefined)[] = []
  world.source.eventPages = (options) => {
    if (listings === 1) early.push(options.signal)
    return eventPages.call(world.source, options)
  }
  world.source.recordPages = async function* (options) {
    if (options.kind === "section" && ++listings === 2) {
      // The events that were asked for too early are no longer wanted.
      expect(early.map((signal) => signal?.aborted)).toEqual([true])
      await new Promise((resolve) => setTimeout(resolve, 10))
      world.district.edit("section", first, { name: "Edited after the first listing" })
      world.district.edit("section", second, { name: "As well" })
      world.truth()
    }
    for await (const page of recordPages.call(world.source, options)) {
      if (options.kind !== "section" || page.next !== null || listings > 1) yield page
      else {
        const [ids, starts, ends] = [page.ids.toReversed(), page.starts.toReversed(), page.ends.toReversed()]
        yield { ...page, ids, starts, ends }
      }
    }
  }
  expect((await world.bulk()).state).toBe("applied")
  expect(listings).toBe(2)
  const lastListing = log.findLastIndex((entry) => /^ask section/.test(entry))
  const lastEvents = log.findLastIndex((entry) => /^ask events/.test(entry))
  expect(log.filter((entry) => /^ask events/.test(entry)).length).toBe(2)
  expect(lastEvents).toBeGreaterThan(lastListing)
  expect(await world.stored()).toEqual(world.truth())
})

test("a first import asks the storage nothing about records: there are none", async () => {
  const world = new RosterWorld({ storage: "sqlite", pageSize: 20 })
  const log = watched(world)
  await world.bulk()
  const asks = (entry: string) => ["isStretchSame", "listFingerprints"].includes(entry)
  expect(log.filter(asks)).toEqual([])
  log.length = 0
  await world.bulk()
  expect(log.filter(asks).length).toBeGreaterThan(6)
})

test("S22 a slow storage has several batches to do, but none of a page before the page before it is staged", async () => {
  const pageSize = 9_000
  const world = new RosterWorld({ users: 12_000, pageSize })
  const places = new Map(world.ids("user").map((id, at) => [id, Math.floor(at / pageSize)]))
  const underWay: number[] = []
  const staged: number[] = []
  let most = 0
  let isFull = (): void => {}
  const full = new Promise<void>((resolve) => {
    isFull = resolve
  })
  const { stage } = world.plain
  world.plain.stage = async (lease, batch) => {
    const [first] = batch.changes
    const page = places.get(first?.id ?? "") ?? -1
    expect(underWay.filter((earlier) => earlier !== page)).toEqual([])
    if (first !== undefined) most = Math.max(most, underWay.push(page))
    if (most === 4) isFull()
    // However slow the machine, the first batch of this page is not staged before others are handed over.
    if (page === 0) await full
    await new Promise((resolve) => setTimeout(resolve, first === undefined ? 0 : 150))
    await stage.call(world.plain, lease, batch)
    if (first !== undefined) underWay.shift()
    staged.push(page)
  }
  const [section = ""] = world.ids("section")
  world.district.edit("section", section, { name: "Before the listing" })
  world.source.beforeRequest = (name) => {
    if (name === "section 0") world.district.edit("section", section, { name: "Meanwhile" })
  }
  const told: string[] = []
  const onProgress = ({ stage, kind, pages }: SyncProgress): void => {
    told.push(`${stage} ${kind} ${pages}`)
  }
  expect((await world.bulk({ onProgress })).state).toBe("applied")
  // In the order in which they are staged.
  const wanted = ["listing user 6", "listing section 7", "replaying null 8", "planning null 8"]
  expect(told.filter((entry) => wanted.includes(entry))).toEqual(wanted)
  expect([staged.filter((page) => page === 0).length, staged.filter((page) => page === 1).length]).toEqual([
    7, 3,
  ])
  expect(most).toBe(4)
  expect(await world.stored()).toEqual(world.truth())
})

test("S22 pages with few changes or none are handed over one at a time, each after the one before is staged", async () => {
  const world = new RosterWorld({ pageSize: 10 })
  await world.bulk()
  world.district.nextDay({ intensity: 4 })
  let underWay = 0
  const seen: number[] = []
  const { stage } = world.plain
  world.plain.stage = async (lease, batch) => {
    // What is replayed has no page of the listing after it.
    if (batch.run.checkpoint?.stage === "listing") seen.push(++underWay)
    await new Promise((resolve) => setTimeout(resolve, 10))
    await stage.call(world.plain, lease, batch)
    if (batch.run.checkpoint?.stage === "listing") underWay--
  }
  expect((await world.bulk()).state).toBe("applied")
  expect(seen.length).toBeGreaterThan(8)
  expect(Math.max(...seen)).toBe(1)
})

test("S22 a run that is told to stop while a batch can't be staged goes on at the page of that batch", async () => {
  for (const storage of storageNames) {
    const world = new RosterWorld({ storage, pageSize: 20 })
    const stop = new AbortController()
    let failures = 0
    world.hooks.beforeCall = (method, [, batch]) => {
      if (method !== "stage" || failures > 0) return
      const { run, changes } = batch as { run: Run; changes: readonly StagedChange[] }
      if (run.checkpoint?.kind !== "user" || changes.length === 0) return
      failures++
      throw new HomeroomError("STORAGE_FULL")
    }
    world.source.beforeRequest = (name) => {
      if (name === "user 1") stop.abort()
    }
    expect((await world.bulk({ signal: stop.signal })).state).toBe("interrupted")
    expect(failures).toBe(1)
    const second = await world.bulk()
    expect([second.resumed, second.state]).toEqual([1, "applied"])
    expect(await world.stored()).toEqual(world.truth())
  }
})
