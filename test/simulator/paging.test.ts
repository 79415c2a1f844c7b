import { describe, expect, it } from "vitest"
import { ask, idsOf, linkIn, openSimulator, pagesOf, recordsIn } from "./support.ts"

describe("paging", () => {
  it.each([1, 7, 100, 199, 200, 201, 10_000])(
    "a page size of %i gives every record once, ascending",
    async (limit) => {
      const simulator = await openSimulator()
      const expected = idsOf(simulator.districts[0]?.records("user") ?? [])
      const forward = await pagesOf(simulator, `/v3.1/users?limit=${limit}`)
      expect(idsOf(forward.flat())).toEqual(expected)
      const backward = await pagesOf(simulator, `/v3.1/users?ending_before=last&limit=${limit}`, "prev")
      expect(idsOf(backward.reverse().flat())).toEqual(expected)
      expect(expected).toEqual([...expected].sort())
    },
  )

  it("links are relative, with the version and whatever else was asked", async () => {
    const simulator = await openSimulator()
    const first = (await ask(simulator, "/v3.0/users?role=student&limit=2")).json
    const [one, two] = idsOf(recordsIn(first))
    expect(linkIn(first, "self")).toBe("/v3.0/users?role=student&limit=2")
    expect(linkIn(first, "prev")).toBeUndefined()
    expect(linkIn(first, "next")).toBe(`/v3.0/users?starting_after=${two}&limit=2&role=student`)
    const second = (await ask(simulator, linkIn(first, "next") ?? "")).json
    const back = linkIn(second, "prev") ?? ""
    expect(idsOf(recordsIn((await ask(simulator, back)).json))).toEqual([one, two])
    expect((first.data as { uri: string }[])[0]?.uri).toBe(`/v3.0/users/${one}`)
  })

  it("gives 100 records where no limit is asked for", async () => {
    const simulator = await openSimulator()
    expect(recordsIn((await ask(simulator, "/v3.1/users")).json)).toHaveLength(100)
  })

  it("has a way back and a way on that lead to empty pages, as Clever has", async () => {
    const simulator = await openSimulator()
    const last = (await ask(simulator, "/v3.1/schools?ending_before=last")).json
    const next = (await ask(simulator, linkIn(last, "next") ?? "")).json
    expect(next.data).toEqual([])
    expect(linkIn(next, "next")).toBeUndefined()
    const zero = "0".repeat(24)
    const all = (await ask(simulator, `/v3.1/schools?starting_after=${zero}`)).json
    expect(recordsIn(all)).toHaveLength(3)
    expect((await ask(simulator, linkIn(all, "prev") ?? "")).json.data).toEqual([])
  })

  it.each([
    ["limit=0", 400],
    ["limit=-1", 400],
    ["limit=ten", 400],
    ["limit=10001", 413],
    ["starting_after=nonsense", 400],
    [`starting_after=${"0".repeat(24)}&ending_before=last`, 400],
    ["role=headmaster", 400],
  ])("refuses ?%s with %i", async (query, status) => {
    const simulator = await openSimulator()
    const answer = await ask(simulator, `/v3.1/users?${query}`)
    expect(answer.status).toBe(status)
    expect(answer.json).toHaveProperty("message")
  })

  it("goes on rightly when records come and go between two pages", async () => {
    const simulator = await openSimulator()
    const [district] = simulator.districts
    const first = (await ask(simulator, "/v3.1/users?limit=10")).json
    const next = linkIn(first, "next") ?? ""
    const cursor = new URL(next, simulator.apiUrl).searchParams.get("starting_after") ?? ""
    const expected = idsOf(district?.records("user") ?? []).slice(10)
    district?.remove("user", cursor)
    const added = district?.add("user", { name: { last: "Late" }, roles: { staff: { schools: [] } } })
    const rest = idsOf((await pagesOf(simulator, next)).flat())
    expect(rest).toEqual([...expected, added])
  })
})
