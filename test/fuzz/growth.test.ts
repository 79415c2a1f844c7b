import { execFileSync } from "node:child_process"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { compileCache } from "../support/compile-cache.ts"
import { fuzzers } from "./fuzzers.ts"

const steps = JSON.parse(
  execFileSync(process.execPath, [join(import.meta.dirname, "engine/count-steps.ts")], {
    encoding: "utf8",
    env: { ...process.env, ...compileCache() },
  }),
) as Record<string, [number, number]>

describe("what costs more the longer it is costs no more than its length", () => {
  it.each(Object.entries(steps))("%s", (_, [small, large]) => {
    expect(large).toBeLessThan(small * 4.5)
  })
})

/** Text that a regular expression would need its length squared for takes minutes at this size. */
const longSize = 400_000

describe("what is very long is taken or refused", () => {
  const families = fuzzers.flatMap(({ name, growing = {}, properties }) =>
    Object.entries(growing).map(([family, make]) => ({ name, family, make, properties })),
  )
  it.each(families)("$name: $family", async ({ make, properties }) => {
    const [property] = Object.values(properties)
    await property?.(make(longSize))
    expect(property).toBeDefined()
  })
})
