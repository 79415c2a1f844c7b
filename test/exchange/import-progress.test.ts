import { expect, test } from "vitest"
import { type ImportProgress, importProgress } from "../../src/exchange/index.ts"
import { RosterWorld } from "../support/roster-world.ts"

/** What is told of an import after each of its pages, as another process would read it. */
async function progressOf(world: RosterWorld, mode: "bulk" | "delta"): Promise<ImportProgress[]> {
  const told: ImportProgress[] = []
  const reading: Promise<void>[] = []
  let before: ImportProgress | undefined
  const read = async () => {
    // So long a page takes.
    world.clock.advance(500)
    const { storage, now: clock } = world
    const progress = await importProgress({ storage, districtId: world.districtId, clock, before })
    before = progress ?? before
    if (progress !== undefined) told.push(progress)
  }
  await world.roster.sync({ districtId: world.districtId, mode, onProgress: () => void reading.push(read()) })
  await Promise.all(reading)
  return told
}

test("a first import is told by its lists, the next one by the records that are known", async () => {
  const world = new RosterWorld({ users: 60, schools: 2, pageSize: 20 })
  const first = await progressOf(world, "bulk")
  expect(first.length).toBeGreaterThan(3)
  expect(
    first.every(({ expectedRecords, remainingMs }) => expectedRecords === null && remainingMs === null),
  ).toBe(true)
  const shares = first.map(({ share }) => share ?? 0)
  expect(shares).toEqual([...shares].sort((a, b) => a - b))
  expect(shares.every((share) => share >= 0 && share <= 1)).toBe(true)

  const second = await progressOf(world, "bulk")
  const known = second[0]?.expectedRecords ?? 0
  expect(known).toBeGreaterThan(60)
  for (const { records, expectedRecords, recordsPerSecond, remainingMs, share, stage } of second) {
    expect(expectedRecords).toBe(known)
    if (stage === "listing") expect(share).toBe(Math.min(1, records / known))
    if (remainingMs !== null && recordsPerSecond !== null) {
      expect(remainingMs).toBe(Math.round(((known - Math.min(records, known)) / recordsPerSecond) * 1_000))
    }
  }
  expect(second.some(({ remainingMs }) => remainingMs !== null)).toBe(true)
  expect(second.some(({ kind }) => kind === "user")).toBe(true)
})

test("nothing is told of a district in which nothing runs, or which there is not", async () => {
  const world = new RosterWorld({ users: 20, schools: 1 })
  await world.bulk()
  const { storage } = world
  expect(await importProgress({ storage, districtId: world.districtId })).toBeUndefined()
  expect(await importProgress({ storage, districtId: "none" })).toBeUndefined()
})
