import { describe, expect, it } from "vitest"
import { HomeroomError } from "../../src/errors/index.ts"
import { kinds } from "../../src/models/kinds.ts"
import { codeOf, RosterWorld, storageNames } from "../support/roster-world.ts"

/** First and last change places; in a page of one nothing happens. */
function unsorted(items: string[]): string[] {
  const [first, last] = [items[0], items.at(-1)]
  if (first === undefined || last === undefined || items.length < 2) return items
  return [last, ...items.slice(1, -1), first]
}

describe.each(storageNames)("pages that are out of order, on %s", (storage) => {
  it.each([0, 1, 2])("S6 a first import whose page %i is unsorted brings everything", async (wanted) => {
    const world = new RosterWorld({ storage, pageSize: 15 })
    let page = -1
    world.source.beforePage = (_, at) => {
      page = at
    }
    world.source.alterItems = (_, items) => (page === wanted ? unsorted(items) : items)
    const run = await world.bulk()
    expect(run.state).toBe("applied")
    expect(await world.stored()).toEqual(world.truth())
    for (const kind of kinds) expect(run.counts[kind].created).toBe(world.district.count(kind))
  })

  it.each([0, 1, 2])(
    "S6 with page %i unsorted a bulk run archives exactly what is gone and changes exactly what changed",
    async (wanted) => {
      const world = new RosterWorld({ storage, pageSize: 15 })
      await world.bulk()
      world.truth()
      world.district.disableEvents({ mode: "forbidden" })
      world.district.nextDay({ intensity: 6 })
      const ids = world.ids("user")
      world.district.unshare({ ids: [ids[0], ids[20], ids.at(-1)] as string[] })
      world.district.edit("user", ids[1] as string, { email: "changed@d.example" })
      const calm = new RosterWorld({ storage, pageSize: 15 })
      await calm.bulk()

      let page = -1
      world.source.beforePage = (_, at) => {
        page = at
      }
      let wasUnsorted = false
      world.source.alterItems = (_, items) => {
        if (page !== wanted) return items
        wasUnsorted = true
        return unsorted(items)
      }
      const run = await world.bulk()
      expect(wasUnsorted).toBe(true)
      expect(await world.stored()).toEqual(world.truth())
      expect(run.counts.user.archived).toBeGreaterThanOrEqual(3)
      const log = await world.changes(run)
      for (const kind of kinds) {
        const { created, updated, archived, restored, unchanged } = run.counts[kind]
        expect(log.filter((change) => change.kind === kind).length).toBe(
          created + updated + archived + restored,
        )
        expect(created + updated + restored + unchanged).toBe(world.district.count(kind))
      }
      world.source.alterItems = (_, items) => items
      expect((await world.bulk()).state).toBe("unchanged")
    },
  )

  it("S6 a record listed twice is one record", async () => {
    const world = new RosterWorld({ storage })
    world.source.alterItems = (_, items) =>
      items.flatMap((item, place) => (place === 1 ? [item, item] : [item]))
    const run = await world.bulk()
    expect(run.state).toBe("applied")
    expect(await world.stored()).toEqual(world.truth())
    expect(run.counts.user.created).toBe(world.district.count("user"))
  })

  it("S6 an unsorted listing that is interrupted goes on unsorted and still archives what is gone", async () => {
    const world = new RosterWorld({ storage, pageSize: 15 })
    await world.bulk()
    world.truth()
    world.district.disableEvents({ mode: "forbidden" })
    const ids = world.ids("user")
    world.district.unshare({ ids: [ids[2], ids[30], ids.at(-1)] as string[] })
    world.source.alterItems = (kind, items) => (kind === "user" ? unsorted(items) : items)
    let interruptions = 0
    for (let stop = 1; ; stop++) {
      const abort = new AbortController()
      let staged = 0
      world.hooks.afterCall = (method) => {
        if (method === "stage" && ++staged === stop) abort.abort()
      }
      const run = await world.bulk({ signal: abort.signal })
      if (run.state !== "interrupted") break
      expect(++interruptions).toBeLessThan(40)
    }
    expect(interruptions).toBeGreaterThan(2)
    expect(await world.stored()).toEqual(world.truth())
  })
})

describe.each(storageNames)("pages that can't be trusted, on %s", (storage) => {
  const sure = { code: "CLEVER_PAGES_LOOP", retryable: true }

  it("S6 a page that runs backwards or comes again fails the run, and nothing has changed", async () => {
    const world = new RosterWorld({ storage, pageSize: 15 })
    await world.bulk()
    world.truth()
    const before = await world.stored()
    world.district.nextDay({ intensity: 6 })
    const first = world.ids("user")[0] as string
    // Back to just after the first record: the page overlaps what was listed.
    world.source.alterNext = (kind, next) =>
      kind === "user" && next !== null ? `/v3.1/users?starting_after=${first}` : next
    expect(await codeOf(world.bulk())).toBe("CLEVER_PAGES_LOOP")
    expect((await world.history())[0]).toMatchObject({
      state: "failed",
      error: sure,
      finishedAt: expect.any(String),
    })
    expect(await world.stored()).toEqual(before)

    let last: string | null = null
    world.source.alterNext = (kind, next) => {
      if (kind !== "user") return next
      // The second page leads to itself.
      if (last !== null) return last
      last = next
      return next
    }
    expect(await codeOf(world.bulk())).toBe("CLEVER_PAGES_LOOP")
    expect(await world.stored()).toEqual(before)

    world.source.alterNext = (_, next) => next
    expect((await world.bulk()).state).toBe("applied")
    expect(await world.stored()).toEqual(world.truth())
  })

  it("S6 unsorted pages that come round and round fail the run, and nothing has changed", async () => {
    const world = new RosterWorld({ storage, pageSize: 15 })
    await world.bulk()
    const before = await world.stored()
    world.source.alterItems = (kind, items) => (kind === "user" ? unsorted(items) : items)
    world.source.alterNext = (kind, next) => (kind === "user" ? "/v3.1/users?starting_after=" : next)
    const pagesBefore = world.source.requests
    expect(await codeOf(world.bulk())).toBe("CLEVER_PAGES_LOOP")
    expect(world.source.requests - pagesBefore).toBeLessThan(15)
    expect(await world.stored()).toEqual(before)
  })
})

describe.each(storageNames)("S10 a listing that is not complete, on %s", (storage) => {
  it("S10 whichever page of whichever kind fails: nothing is archived or committed, and the next run converges", async () => {
    const world = new RosterWorld({ storage, pageSize: 20 })
    await world.bulk()
    world.truth()
    world.district.nextDay({ intensity: 6 })
    world.district.unshare({ ids: world.ids("user").slice(10, 20) })
    world.source.asked.length = 0
    const before = await world.stored()
    const head = await world.plain.getDistrict(world.districtId)
    const codes = ["CLEVER_UNAVAILABLE", "CLEVER_BODY_INVALID", "CLEVER_TOKEN_REJECTED", "INTERNAL"] as const
    let failures = 0
    for (let request = 1; ; request++) {
      const code = codes[request % codes.length] as (typeof codes)[number]
      let at = 0
      let isHit = false
      world.source.beforeRequest = () => {
        if (++at !== request) return
        isHit = true
        throw code === "INTERNAL" ? new Error("anything") : new HomeroomError(code)
      }
      const outcome = await codeOf(world.bulk())
      if (!isHit) {
        expect(outcome).toMatchObject({ state: "applied", resumed: 0 })
        break
      }
      failures++
      expect(outcome).toBe(code)
      expect(await world.stored()).toEqual(before)
      expect(await world.plain.getDistrict(world.districtId)).toEqual(head)
      const [run] = await world.history()
      expect(run).toMatchObject({ state: "failed", error: { code }, checkpoint: null, cursor: null })
      expect(run?.error?.retryable).toBe(new HomeroomError(code).retryable)
      expect(await world.plain.countStaged(run?.id ?? "")).toEqual([])
      expect(await world.plain.getLease(world.districtId)).toBeUndefined()
    }
    // The newest event, six kinds with at least one page each, and the replay.
    expect(failures).toBeGreaterThanOrEqual(8)
    expect(await world.stored()).toEqual(world.truth())
  })

  it("S10 the same of a first import and of a delta", async () => {
    const world = new RosterWorld({ storage, pageSize: 20 })
    const failAt = (name: string) => {
      world.source.beforeRequest = (asked) => {
        if (asked === name) throw new HomeroomError("CLEVER_UNREACHABLE")
      }
    }
    failAt("user 1")
    expect(await codeOf(world.delta())).toBe("CLEVER_UNREACHABLE")
    expect((await world.stored()).size).toBe(0)
    expect((await world.history())[0]).toMatchObject({ state: "failed", mode: "bulk", fallback: "no-cursor" })
    failAt("")
    await world.bulk()
    world.truth()
    const before = await world.stored()
    world.district.nextDay({ intensity: 6 })
    for (const name of ["events 0", "district 0"]) {
      failAt(name)
      expect(await codeOf(world.delta())).toBe("CLEVER_UNREACHABLE")
      expect(await world.stored()).toEqual(before)
    }
    failAt("")
    expect(await world.delta()).toMatchObject({ mode: "delta", state: "applied" })
    expect(await world.stored()).toEqual(world.truth())
  })
})
