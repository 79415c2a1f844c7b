import type { Page } from "playwright-core"
import { beforeAll, describe, expect, test } from "vitest"
import { useChromium } from "./support/chromium.ts"
import { openSite, type Site, sites } from "./support/site.ts"
import {
  arriveAs,
  clickLogIn,
  cookiesOfApp,
  logInAtClever,
  pickSchool,
  sessionCookieOf,
  typePassword,
  watchCallbacks,
  whoIsLoggedIn,
} from "./support/visitor.ts"

const chromium = useChromium()

describe.each(sites)("one browser for several people, at $name", ({ secure }) => {
  let site: Site
  beforeAll(async () => {
    site = await openSite({ secure })
    return () => site.close()
  })

  test("R13 pupil B comes from the Portal while A is still logged in to the app: B gets a new session, A's is dead", async () => {
    const context = await chromium.newContext()
    const page = await context.newPage()
    const a = site.person("student")
    const b = site.person("student", 1)
    await logInAtClever(context, site, a.id)
    await clickLogIn(page, site)
    await arriveAs(page, site, a.name)
    const sessionOfA = (await sessionCookieOf(context, site))!

    await page.goto(`${site.simulator.authUrl}/portal`)
    await page.getByTestId("switch").click()
    await page.getByTestId("method-badge").click()
    await page.getByTestId(`person-${b.id}`).click()
    await page.getByTestId(`app-${site.simulator.clientId}`).click()
    await arriveAs(page, site, b.name)
    expect(await whoIsLoggedIn(context, site)).toMatchObject({ cleverId: b.id })
    const sessionOfB = (await sessionCookieOf(context, site))!
    expect(sessionOfB.value).not.toBe(sessionOfA.value)

    const thief = await chromium.newContext()
    await thief.addCookies([sessionOfA])
    expect(await whoIsLoggedIn(thief, site)).toEqual({ status: 401, error: "not-logged-in" })
  })

  test("R36 pupil B logs in after A has logged out: nothing of A comes back, not by the back button either", async () => {
    const context = await chromium.newContext()
    const page = await context.newPage()
    const a = site.person("student")
    const b = site.person("student", 1)
    await logInAtClever(context, site, a.id)
    await clickLogIn(page, site)
    await arriveAs(page, site, a.name)
    const sessionOfA = (await sessionCookieOf(context, site))!
    await page.goto(`${site.app}/units/1`)
    await page.goto(site.app)
    await page.getByRole("button", { name: "Log out" }).click()
    await page.getByText("You are not logged in").waitFor()
    await page.goBack()
    await page.getByText("You are not logged in").waitFor()
    await page.goBack()
    expect(await page.textContent("body")).toBe("/units/1 nobody")

    await logInAtClever(context, site, b.id)
    await clickLogIn(page, site)
    await arriveAs(page, site, b.name)
    expect(await whoIsLoggedIn(context, site)).toMatchObject({ cleverId: b.id })
    await context.addCookies([sessionOfA])
    expect(await whoIsLoggedIn(context, site)).toEqual({ status: 401, error: "not-logged-in" })
  })

  test.each(["first", "second"])("R33 two tabs log in, the %s one before the other", async (order) => {
    const context = await chromium.newContext()
    const tabs: Page[] = [await context.newPage(), await context.newPage()]
    for (const tab of tabs) {
      await clickLogIn(tab, site)
      await pickSchool(tab, site)
    }
    expect(await cookiesOfApp(context, site)).toHaveLength(2)
    if (order === "second") tabs.reverse()
    const people = [site.person("student"), site.person("teacher")]
    for (const [index, tab] of tabs.entries()) {
      await typePassword(tab, people[index]!.id)
      await arriveAs(tab, site, people[index]!.name)
      expect(await whoIsLoggedIn(context, site)).toMatchObject({ cleverId: people[index]!.id })
    }
    expect(await cookiesOfApp(context, site)).toHaveLength(1)
  })

  test("R30 back, forward, reload and the callback's own address leave a login as it is, and exchange no code", async () => {
    const context = await chromium.newContext()
    const page = await context.newPage()
    const callbacks = watchCallbacks(page, site)
    const { id, name } = site.person("teacher")
    await clickLogIn(page, site)
    await pickSchool(page, site)
    await typePassword(page, id)
    await arriveAs(page, site, name)
    const session = await sessionCookieOf(context, site)
    const exchanges = site.requests("/oauth/tokens", "POST")

    await page.goBack()
    expect(new URL(page.url()).origin).toBe(site.simulator.authUrl)
    await page.goForward()
    await arriveAs(page, site, name)
    await page.reload()
    await arriveAs(page, site, name)
    expect(callbacks).toHaveLength(1)
    await page.goto(callbacks[0]!)
    await arriveAs(page, site, name)

    expect(site.requests("/oauth/tokens", "POST")).toBe(exchanges)
    expect((await sessionCookieOf(context, site))?.value).toBe(session?.value)
  })

  test("R30 the callback of a login that is over shows its page to others, and does not let them in as whoever is there", async () => {
    const context = await chromium.newContext()
    const page = await context.newPage()
    const callbacks = watchCallbacks(page, site)
    const a = site.person("student")
    const b = site.person("student", 1)
    for (const { id, name } of [a, b]) {
      await logInAtClever(context, site, id)
      await page.goto(`${site.app}/auth/clever/login`)
      await arriveAs(page, site, name)
    }
    await page.goto(callbacks[0]!)
    expect(await page.textContent("h1")).toBe("Please log in again")
    expect(await page.textContent("body")).not.toContain(b.name)
    expect(await whoIsLoggedIn(context, site)).toMatchObject({ cleverId: b.id })
  })
})
