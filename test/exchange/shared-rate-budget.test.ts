import { fork } from "node:child_process"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import fc from "fast-check"
import { expect, onTestFinished, test } from "vitest"
import { SharedRateBudget } from "../../src/exchange/index.ts"
import { startSimulator } from "../../src/simulator/index.ts"
import { seededRandom } from "../../src/simulator/random.ts"
import { RateLimiter } from "../../src/simulator/server/rate-limit.ts"
import type { RosterStorage } from "../../src/storage/contract.ts"
import { MemoryStorage } from "../../src/storage/memory/index.ts"
import { compileCache } from "../support/compile-cache.ts"
import { interceptStorage } from "../support/intercepted-storage.ts"
import { codeOf, temporaryFolder } from "../support/roster-world.ts"
import { seed } from "../support/seed.ts"
import type { SpendingOrder } from "../support/spending-child.ts"

interface Spender {
  budget: SharedRateBudget
  /** By how much its clock is wrong. */
  skewMs: number
  /** From one request to the next. */
  everyMs: number
}

interface Spent {
  refused: number
  /** The time of each request that Clever counted. */
  arrivals: number[]
}

/** Lets processes send requests for a time, on one clock, to a Clever that counts as the simulator's does. */
async function spend(
  spenders: (Omit<Spender, "budget"> & { storage: RosterStorage })[],
  { forMs, limit = 1_200 }: { forMs: number; limit?: number },
): Promise<Spent> {
  const startMs = Date.parse("2026-09-01T06:00:00Z")
  let nowMs = startMs
  const random = seededRandom(seed(), "spenders")
  const clever = new RateLimiter(limit, () => new Date(nowMs))
  const queue: { atMs: number; happen: () => Promise<void> | void }[] = []
  const later = (ms: number, happen: () => Promise<void> | void) => queue.push({ atMs: nowMs + ms, happen })
  const spent: Spent = { refused: 0, arrivals: [] }

  for (const { storage, skewMs, everyMs } of spenders) {
    const budget = new SharedRateBudget({
      storage,
      requestsPerMinute: limit,
      clock: () => nowMs + skewMs,
      random: () => random.next(),
    })
    const ask = async () => {
      const delayMs = await budget.admit("key")
      if (delayMs > 0) return void later(delayMs, ask)
      later(5 + random.integer(1_500), () => {
        const { allowed, headers } = clever.take("token")
        if (allowed) spent.arrivals.push(nowMs)
        else spent.refused++
        budget.noteReset("key", Number(headers["x-ratelimit-reset"]) * 1_000)
      })
      later(everyMs, ask)
    }
    later(random.integer(1_000), ask)
  }
  for (;;) {
    queue.sort((a, b) => b.atMs - a.atMs)
    const next = queue.pop()
    if (next === undefined || next.atMs > startMs + forMs) return spent
    nowMs = next.atMs
    await next.happen()
  }
}

async function openStorage(): Promise<RosterStorage> {
  const storage = new MemoryStorage()
  await storage.open()
  onTestFinished(() => storage.close())
  return storage
}

test("S7 processes that share a token are never refused, however fast each is and however their clocks differ", async () => {
  const spender = fc.record({
    everyMs: fc.integer({ min: 5, max: 2_000 }),
    skewMs: fc.integer({ min: -1_000, max: 1_000 }),
  })
  const property = fc.asyncProperty(
    fc.array(spender, { minLength: 1, maxLength: 6 }),
    fc.constantFrom(40, 200),
    async (spenders, limit) => {
      const storage = await openStorage()
      const all = spenders.map((each) => ({ ...each, storage }))
      expect((await spend(all, { forMs: 200_000, limit })).refused).toBe(0)
    },
  )
  await fc.assert(property, { numRuns: 15 })
})

test("S7 what one process alone may spend is not less than Clever allows it", async () => {
  const storage = await openStorage()
  const { arrivals, refused } = await spend([{ storage, skewMs: 0, everyMs: 20 }], { forMs: 185_000 })
  expect(refused).toBe(0)
  // Three whole minutes, but for what waiting for their ends costs.
  expect(arrivals.length).toBeGreaterThan(3 * 1_200 * 0.95)
})

test("S7 several processes together get nearly all of it", async () => {
  const storage = await openStorage()
  const all = [15, 15, 40, 300].map((everyMs) => ({ storage, skewMs: 0, everyMs }))
  const { arrivals, refused } = await spend(all, { forMs: 185_000 })
  expect(refused).toBe(0)
  expect(arrivals.length).toBeGreaterThan(3 * 1_200 * 0.9)
})

test("S7 a fast import writes one document in about a hundred requests", async () => {
  let writes = 0
  const storage = interceptStorage(await openStorage(), {
    beforeCall: async (method) => {
      if (method === "writeDocuments") writes++
    },
  })
  const { arrivals } = await spend([{ storage, skewMs: 0, everyMs: 10 }], { forMs: 11_000 })
  expect(arrivals.length).toBeGreaterThan(900)
  expect(writes).toBeLessThan(arrivals.length / 50)
})

test("what is shared holds no token", async () => {
  const storage = await openStorage()
  await new SharedRateBudget({ storage }).admit("digest")
  expect(await storage.listDocuments({ collection: "rate-budgets", limit: 10 })).toMatchObject([
    { key: "digest", districtId: null, value: { grants: [[expect.any(Number), 10]] } },
  ])
})

test("requests are refused as options that make no sense", async () => {
  const storage = await openStorage()
  const made = async () => new SharedRateBudget({ storage, requestsPerMinute: 0 })
  expect(await codeOf(made())).toBe("INVALID_OPTIONS")
})

/** By how much the clock of the processes and of the simulator runs fast, so that a minute is over sooner. */
const speed = 4

test("S7 real processes on one token get through a minute's end without one refusal", {
  timeout: 120_000,
}, async () => {
  const sinceMs = Date.now()
  const simulator = await startSimulator({
    seed: seed(),
    users: 20,
    schools: 1,
    rateLimit: 400,
    wallClock: () => new Date(sinceMs + (Date.now() - sinceMs) * speed),
  })
  onTestFinished(() => simulator.close())
  const { apiUrl, authUrl, clientId, clientSecret, districts } = simulator
  const [district] = districts
  if (district === undefined) throw new Error("a simulator without a district")
  const order: SpendingOrder = {
    client: { apiUrl, authUrl, clientId, clientSecret },
    districtId: district.id,
    path: join(temporaryFolder(), "shared.db"),
    requests: 200,
    requestsPerMinute: 400,
    sinceMs,
    speed,
  }
  await Promise.all(Array.from({ length: 3 }, () => runSpender(order)))
  expect(simulator.requests.count({ path: /districts/, status: 200 })).toBe(600)
  expect(simulator.requests.count({ status: 429 })).toBe(0)
})

async function runSpender(order: SpendingOrder): Promise<void> {
  const file = fileURLToPath(new URL("../support/spending-child.ts", import.meta.url))
  const child = fork(file, [JSON.stringify(order)], {
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    env: { ...process.env, ...compileCache() },
  })
  let complaint = ""
  child.stderr?.on("data", (bytes: Buffer) => {
    complaint += bytes.toString()
  })
  const code = await new Promise((resolve) => child.on("close", resolve))
  if (code !== 0) throw new Error(`the child failed: ${complaint}`)
}
