import { beforeEach, describe, expect, test } from "vitest"
import { MemoryLoginStore } from "../../src/sso/login-store.ts"

const minute = 60_000

describe("what is remembered in the process", () => {
  let now: number
  let store: MemoryLoginStore
  beforeEach(() => {
    now = 1_000_000
    store = new MemoryLoginStore({ clock: () => now })
  })

  test("R3 a key is consumed by exactly one of many who come at once", async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => store.consumeOnce("a", now + minute)))
    expect(answers.filter(Boolean)).toHaveLength(1)
    expect(await store.consumeOnce("late", now)).toBe(false)
  })

  test("R3 a key is remembered until its time is over, whatever is cleared away meanwhile", async () => {
    await store.consumeOnce("long", now + 10 * minute)
    await store.consumeOnce("brief", now + minute)
    now += 9 * minute
    await store.consumeOnce("another", now + minute)
    expect(await store.consumeOnce("long", now + minute)).toBe(false)
    expect(await store.isConsumed("long")).toBe(true)
    expect(await store.isConsumed("brief")).toBe(false)
    now += minute
    expect(await store.isConsumed("long")).toBe(false)
  })

  test("R37 an epoch is raised every time, and stays as long as a session may live", async () => {
    expect(await store.getSessionEpochs(["user", "other"])).toEqual([0, 0])
    const first = await store.raiseSessionEpoch("user")
    const second = await store.raiseSessionEpoch("user")
    expect(second).toBeGreaterThan(first)
    now += 30 * 86_400_000
    await store.consumeOnce("a", now + minute)
    expect(await store.getSessionEpochs(["user", "other"])).toEqual([second, 0])
    now += 2 * 86_400_000
    await store.consumeOnce("b", now + minute)
    expect(await store.getSessionEpochs(["user"])).toEqual([0])
  })

  test("R57 the oldest keys go when there are too many", async () => {
    const small = new MemoryLoginStore({ clock: () => now, mostKeys: 3 })
    for (const key of ["a", "b", "c", "d", "e"]) await small.consumeOnce(key, now + minute)
    const keys = await Promise.all(["a", "b", "c", "d", "e"].map((key) => small.isConsumed(key)))
    expect(keys).toEqual([false, false, true, true, true])
  })
})
