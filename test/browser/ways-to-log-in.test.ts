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
  whoIsLoggedIn,
} from "./support/visitor.ts"

const chromium = useChromium()

describe.each(sites)("R64 in Chromium, at $name", ({ secure }) => {
  let site: Site
  beforeAll(async () => {
    site = await openSite({ secure })
    return () => site.close()
  })

  test("a teacher clicks the app's button, finds the school, types a password, and logs out again", async () => {
    const context = await chromium.newContext()
    const page = await context.newPage()
    const { id, name } = site.person("teacher")
    await clickLogIn(page, site)
    await pickSchool(page, site)
    await typePassword(page, id)
    await arriveAs(page, site, name)
    expect(await whoIsLoggedIn(context, site)).toEqual({
      status: 200,
      cleverId: id,
      districtId: site.districtId,
      roles: expect.arrayContaining(["teacher"]),
      authorizedBy: "district",
      loginSource: "app",
    })

    await page.getByRole("button", { name: "Log out" }).click()
    await page.getByText("You are not logged in").waitFor()
    expect(page.url()).toBe(`${site.app}/`)
    expect(await whoIsLoggedIn(context, site)).toEqual({ status: 401, error: "not-logged-in" })
    expect(await cookiesOfApp(context, site)).toEqual([])
  })

  test("a pupil clicks the app's icon in the Portal: no login page, and nothing of Clever's code is left", async () => {
    const context = await chromium.newContext()
    const page = await context.newPage()
    const { id, name } = site.person("student")
    await logInAtClever(context, site, id)
    await page.goto(`${site.simulator.authUrl}/portal`)
    await page.getByTestId(`app-${site.simulator.clientId}`).click()
    await arriveAs(page, site, name)
    expect(await whoIsLoggedIn(context, site)).toMatchObject({
      cleverId: id,
      roles: ["student"],
      loginSource: "clever",
    })
    expect((await cookiesOfApp(context, site)).map((cookie) => cookie.name)).toEqual([
      (await sessionCookieOf(context, site))?.name,
    ])
  })

  test("a pupil holds up a Clever Badge", async () => {
    const context = await chromium.newContext()
    const page = await context.newPage()
    const { id, name } = site.person("student", 1)
    await clickLogIn(page, site)
    await pickSchool(page, site)
    await page.getByTestId("method-badge").click()
    await page.getByLabel("Search for a person").fill(name)
    await page.getByRole("button", { name: "Search" }).click()
    await page.getByTestId(`person-${id}`).click()
    await arriveAs(page, site, name)
    expect(await whoIsLoggedIn(context, site)).toMatchObject({ cleverId: id, roles: ["student"] })
  })

  test("a parent logs in at the page for parents", async () => {
    const context = await chromium.newContext()
    const page = await context.newPage()
    const { id, name } = site.person("contact")
    await clickLogIn(page, site)
    await pickSchool(page, site)
    await page.getByTestId("method-parent").click()
    await typePassword(page, id)
    await arriveAs(page, site, name)
    expect(await whoIsLoggedIn(context, site)).toMatchObject({ cleverId: id, roles: ["contact"] })
  })

  test("a district admin logs in at the page for admins", async () => {
    const context = await chromium.newContext()
    const page = await context.newPage()
    const { id, name } = site.person("district_admin")
    await clickLogIn(page, site)
    await pickSchool(page, site)
    await page.getByTestId("method-admin").click()
    await typePassword(page, id)
    await arriveAs(page, site, name)
    const { cleverId, roles } = await whoIsLoggedIn(context, site)
    expect(cleverId).toBe(id)
    expect(roles).toContain("district_admin")
  })

  test("a member of staff follows an Instant Login link, by way of Clever's login page", async () => {
    const context = await chromium.newContext()
    const page = await context.newPage()
    const { id, name } = site.person("staff")
    const link = new URL("/oauth/instant-login", site.simulator.authUrl)
    link.searchParams.set("client_id", site.simulator.clientId)
    link.searchParams.set("district_id", site.districtId)
    await page.goto(link.href)
    await typePassword(page, id)
    await arriveAs(page, site, name)
    const { cleverId, roles, loginSource } = await whoIsLoggedIn(context, site)
    expect({ cleverId, loginSource }).toEqual({ cleverId: id, loginSource: "clever" })
    expect(roles).toContain("staff")
  })

  test("the login button needs no mouse", async () => {
    const context = await chromium.newContext()
    const page = await context.newPage()
    await page.goto(site.app)
    await page.keyboard.press("Tab")
    const button = page.getByRole("link", { name: "Log in with Clever" })
    expect(await button.evaluate((link) => link.matches(":focus-visible"))).toBe(true)
    await page.keyboard.press("Enter")
    await page.getByLabel("School or district").waitFor()
    expect(new URL(page.url()).origin).toBe(site.simulator.authUrl)
  })

  test("on a phone no page is wider than the screen", async () => {
    const context = await chromium.newContext({ viewport: { width: 360, height: 740 } })
    const page = await context.newPage()
    const { districtId, simulator } = site
    await logInAtClever(context, site, site.person("district_admin").id)
    for (const address of [
      site.app,
      `${site.app}/auth/clever/callback?state=unknown`,
      `${site.app}/auth/clever/login`,
      `${simulator.authUrl}/login`,
      `${simulator.authUrl}/login/${districtId}`,
      `${simulator.authUrl}/login/${districtId}/badge`,
      `${simulator.authUrl}/portal`,
      `${simulator.authUrl}/oauth/authorize?client_id=unknown`,
    ]) {
      await page.goto(address)
      expect(await page.evaluate("document.documentElement.scrollWidth"), address).toBe(360)
    }
  })

  test("a link to work in the app leads there through the login", async () => {
    const context = await chromium.newContext()
    const page = await context.newPage()
    const { id } = site.person("student")
    await logInAtClever(context, site, id)
    const work = "/units/3%20b?task=7&from=mail#part-2"
    await page.goto(`${site.app}/auth/clever/login?return_to=${encodeURIComponent(work)}`)
    expect(page.url()).toBe(`${site.app}${work}`)
    expect(await page.textContent("body")).toContain(id)
  })

  test("R32 cookies are for this host, HttpOnly, Lax, and Secure with the __Host- prefix over https", async () => {
    const context = await chromium.newContext()
    const page = await context.newPage()
    await clickLogIn(page, site)
    await page.getByLabel("School or district").waitFor()
    const [transaction, ...others] = await cookiesOfApp(context, site)
    expect(others).toEqual([])
    await logInAtClever(context, site, site.person("student").id)
    await page.goto(`${site.app}/auth/clever/login`)
    const session = await sessionCookieOf(context, site)

    const { hostname } = new URL(site.app)
    const prefix = secure ? "__Host-" : ""
    const kept = { domain: hostname, path: "/", httpOnly: true, secure, sameSite: "Lax" }
    expect(transaction).toMatchObject(kept)
    expect(transaction?.name).toMatch(new RegExp(`^${prefix}clever_txn_[0-9a-f]{16}$`))
    expect(session).toMatchObject({ ...kept, name: `${prefix}clever_session` })
    expect(await page.evaluate("document.cookie")).toBe("")
  })
})
