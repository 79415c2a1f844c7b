import { expect, it } from "vitest"
import { seed } from "../support/seed.ts"
import { soak } from "./soak.ts"

it("after each of thirty days the roster and the target are what Clever shares, and logins end as they begin", async () => {
  const { imports, comparisons, logins, warnings } = await soak({
    days: 30,
    users: 30,
    seed: seed(),
    compareEvery: 1,
    sampleEvery: 10,
  })
  expect(comparisons).toBe(30)
  expect([...imports.keys()]).toEqual(["done"])
  expect(logins).toBeGreaterThan(0)
  expect(warnings).toEqual([])
})
