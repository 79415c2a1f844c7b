import fc from "fast-check"
import { expect, test } from "vitest"
import { doors } from "./support/doors.ts"
import { openLoginWorld } from "./support/login-world.ts"

const name = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom("code", "state", "error", "error_description", "iss", "scope") },
  fc
    .tuple(
      fc.constantFrom("code", "state", "error"),
      fc.constantFrom("[]", "[a]", "[0]", ".x", "%5B%5D", "[__proto__]"),
    )
    .map((parts) => parts.join("")),
  fc.constantFrom(
    "__proto__",
    "constructor",
    "prototype[state]",
    "State",
    "state ",
    " state",
    "state%00",
    "toString",
  ),
  fc.string({ maxLength: 6 }).map(encodeURIComponent),
)

test.each(doors)(
  "R5 R60 $name: whatever a query is made of, only the callback as Clever made it logs in",
  async (door) => {
    const world = await openLoginWorld({ door })
    world.simulator.signIn.codes.replayable = true
    const owner = world.browser(world.person("student"))
    const back = await world.begin(owner)
    const foreign = await world.begin(world.browser(world.person("teacher")))
    const value = fc.oneof(
      fc.constantFrom(
        "",
        foreign.searchParams.get("code")!,
        foreign.searchParams.get("state")!,
        back.searchParams.get("code")!,
        "null",
        "true",
        "%00",
        "%ff",
        "a%0d%0ab",
      ),
      fc.string({ maxLength: 10 }).map(encodeURIComponent),
      fc.constant("x".repeat(3_000)),
    )
    const pieces = fc.array(
      fc.tuple(name, fc.constantFrom("=", "==", ""), value).map((parts) => parts.join("")),
      { maxLength: 6 },
    )
    await fc.assert(
      fc.asyncProperty(pieces, async (query) => {
        const browser = owner.copy()
        const answer = await browser.request(`${back.origin}${back.pathname}?${query.join("&")}`)
        expect([303, 400, 403, 502]).toContain(answer.status)
        expect(await world.whoami(browser)).toMatchObject({ status: 401 })
        const to = answer.location
        if (to !== undefined) expect([world.app, world.simulator.authUrl]).toContain(to.origin)
      }),
      { numRuns: 60 },
    )
    expect(world.exchanges()).toBe(0)
    expect(world.errors).toEqual([])
    expect(Object.keys(Object.prototype)).toEqual([])
    expect((await owner.request(back)).status).toBe(303)
    expect(await world.whoami(owner)).toMatchObject({ cleverId: world.person("student") })
  },
)
