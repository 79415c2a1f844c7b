import { describe, expect, it } from "vitest"
import { rejectedShares } from "../../../src/roster/guards/rejected-shares.ts"
import type { Run } from "../../../src/storage/contract.ts"
import { change, countChanges, GuardWorld, ids } from "../../support/guard-world.ts"

async function sharesOf(stored: number, rejected: number, mode: Run["mode"] = "delta") {
  const world = new GuardWorld("memory")
  const run = await world.commit(
    ids("t", stored).map((id) => change("create", "term", { id, district: "d" })),
  )
  const counts = countChanges([])
  counts.term.rejected = rejected
  const head = await world.storage.getDistrict(run.districtId)
  return rejectedShares({
    storage: world.storage,
    run: { ...run, mode },
    head,
    counts,
    settings: {},
    nowMs: world.nowMs,
    archivesWait: false,
  }).filter(({ measured, limit }) => measured > limit)
}

describe("S9 rejected records", () => {
  it("S9 one of a few holds nothing, most of a few do", async () => {
    expect(await sharesOf(3, 1)).toEqual([])
    expect(await sharesOf(1, 3)).toMatchObject([{ code: "rejected-ratio", measured: 3 / 4 }])
    expect(await sharesOf(0, 4)).toMatchObject([{ code: "rejected-ratio", measured: 1 }])
  })

  it("S9 more than 5 % of many hold the run", async () => {
    expect(await sharesOf(95, 5)).toEqual([])
    expect(await sharesOf(94, 6)).toHaveLength(1)
  })

  it("S9 what imports rejected holds no login", async () => {
    expect(await sharesOf(94, 6, "user")).toEqual([])
  })
})
