import { describe, expect, test } from "vitest"
import { doors } from "./support/doors.ts"
import { openLoginWorld } from "./support/login-world.ts"

describe.each(doors)("R58 $name", (door) => {
  test("logs somebody in by the app's button, and out again", async () => {
    const world = await openLoginWorld({ door })
    const id = world.person("teacher")
    const browser = world.browser(id)
    const arrived = await browser.open(`${world.app}/auth/clever/login?return_to=/work%3Funit=3`)
    expect(arrived.url.href).toBe(`${world.app}/work?unit=3`)
    expect(await world.whoami(browser)).toMatchObject({ status: 200, cleverId: id, loginSource: "app" })
    const out = await browser.open(`${world.app}/auth/clever/logout`, { method: "POST" })
    expect(out.url.href).toBe(`${world.app}/`)
    expect(await world.whoami(browser)).toMatchObject({ status: 401 })
  })

  test("R4 takes over a login from the Portal: its code goes nowhere, and the person is logged in", async () => {
    const world = await openLoginWorld({ door, simulator: { oidc: true } })
    const id = world.person("student")
    const browser = world.browser(id)
    const { code, callbackUrl } = world.simulator.signIn.issueCode(id)
    const arrived = await browser.open(callbackUrl)
    expect(arrived.url.href).toBe(`${world.app}/`)
    expect(await world.whoami(browser)).toMatchObject({ cleverId: id, loginSource: "clever" })
    expect(world.simulator.signIn.codes.list().find((issued) => issued.code === code)).toMatchObject({
      redeemed: 0,
    })
    expect(world.requests("/oauth/tokens", "POST")).toBe(1)
  })
})
