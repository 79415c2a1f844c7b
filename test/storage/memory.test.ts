import { describe, expect, it } from "vitest"
import { MemoryStorage } from "../../src/storage/memory/index.ts"
import { storageContract } from "../../src/testing/index.ts"

let now = Date.parse("2026-08-17T06:00:00.000Z")

storageContract(
  { describe, it },
  {
    name: "memory",
    create: () => new MemoryStorage({ clock: () => now }),
    advanceClock: (ms) => {
      now += ms
    },
  },
)

describe("MemoryStorage", () => {
  it("takes the time from the system when no clock is given", async () => {
    const storage = new MemoryStorage()
    await storage.open()
    await storage.acquireLease({ districtId: "a", holder: "host:1", ttlMs: 60_000 })
    const lease = await storage.getLease("a")
    expect(Math.abs(Date.parse(lease?.since ?? "") - Date.now())).toBeLessThan(60_000)
  })

  it("must be opened first, and stays closed", async () => {
    const storage = new MemoryStorage()
    await expect(storage.listConnections()).rejects.toMatchObject({ code: "STORAGE_UNREADABLE" })
    await storage.open()
    await storage.close()
    await expect(storage.open()).rejects.toMatchObject({ code: "STORAGE_UNREADABLE" })
  })

  it("refuses to get more than a thousand records at once", async () => {
    const storage = new MemoryStorage()
    await storage.open()
    const ids = Array.from({ length: 1_001 }, (_, index) => `u${index}`)
    await expect(storage.getRecords({ districtId: "a", kind: "user", ids })).rejects.toMatchObject({
      code: "INVALID_OPTIONS",
    })
  })
})
