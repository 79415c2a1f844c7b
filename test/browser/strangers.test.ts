import { beforeAll, describe, expect, test } from "vitest"
import { useChromium } from "./support/chromium.ts"
import { openSite, type Site, sites } from "./support/site.ts"
import {
  arriveAs,
  clickLogIn,
  cookiesOfApp,
  logInAtClever,
  watchCallbacks,
  whoIsLoggedIn,
} from "./support/visitor.ts"

const chromium = useChromium()

describe.each(sites)("other people's pages, with the app at $name", ({ secure }) => {
  let site: Site
  beforeAll(async () => {
    site = await openSite({ secure })
    return () => site.close()
  })

  /** A code of somebody else's, as an attacker holds it. */
  const codeOf = (personId: string, options: { state?: string } = {}) =>
    site.simulator.signIn.issueCode(personId, options)
  const timesRedeemed = (code: string) =>
    site.simulator.signIn.codes.list().find((issued) => issued.code === code)?.redeemed

  test("R28 images, frames, objects and scripts of another page start and end no login", async () => {
    const context = await chromium.newContext()
    const page = await context.newPage()
    await logInAtClever(context, site, site.person("student").id)
    const stolen = codeOf(site.person("teacher").id)
    const { pathname, search } = new URL(stolen.callbackUrl)
    const addresses = [`${pathname}${search}`, "/auth/clever/login", "/auth/clever/callback"]
    const embedded = addresses.map((address) => `${site.app}${address.replaceAll("&", "&amp;")}`)
    site.servePage(
      "/embedding",
      embedded
        .map(
          (url) =>
            `<img src="${url}"><iframe src="${url}"></iframe><object data="${url}"></object><script src="${url}"></script>`,
        )
        .join(""),
    )
    const asked = site.requests("/oauth/authorize")
    const before = site.answers.length
    await page.goto(`${site.foreign}/embedding`, { waitUntil: "load" })
    const answers = site.answers.slice(before)
    for (const address of addresses) {
      const statuses = answers.filter(({ url }) => url === address).map(({ status }) => status)
      expect(statuses).toEqual([400, 400, 400, 400])
    }
    expect(await cookiesOfApp(context, site)).toEqual([])
    expect(site.requests("/oauth/authorize")).toBe(asked)
    expect(timesRedeemed(stolen.code)).toBe(0)
    expect(await whoIsLoggedIn(context, site)).toMatchObject({ status: 401 })
  })

  test("R28 what a browser fetches ahead of time starts and ends no login", async () => {
    const context = await chromium.newContext()
    const page = await context.newPage()
    await logInAtClever(context, site, site.person("student").id)
    const stolen = codeOf(site.person("teacher").id)
    const links = [stolen.callbackUrl, `${site.app}/auth/clever/login`]
    site.servePage(
      "/prefetching",
      links.map((url) => `<link rel="prefetch" href="${url.replaceAll("&", "&amp;")}">`).join(""),
    )
    const asked = site.requests("/oauth/authorize")
    const before = site.answers.length
    await page.goto(`${site.foreign}/prefetching`)
    await expect.poll(() => site.answers.slice(before).map(({ status }) => status)).toEqual([204, 204])
    expect(await cookiesOfApp(context, site)).toEqual([])
    expect(site.requests("/oauth/authorize")).toBe(asked)
    expect(timesRedeemed(stolen.code)).toBe(0)
  })

  test("R4 a page that opens the callback with the attacker's code logs people in as themselves", async () => {
    const context = await chromium.newContext()
    const page = await context.newPage()
    const victim = site.person("student")
    await logInAtClever(context, site, victim.id)
    const stolen = codeOf(site.person("teacher").id)
    site.servePage("/trap", `<script>location = ${JSON.stringify(stolen.callbackUrl)}</script>`)
    await page.goto(`${site.foreign}/trap`)
    await arriveAs(page, site, victim.name)
    expect(await whoIsLoggedIn(context, site)).toMatchObject({ cleverId: victim.id })
    expect(timesRedeemed(stolen.code)).toBe(0)
  })

  test("R31 a page that opens the callback with a state of its own changes nothing", async () => {
    const context = await chromium.newContext()
    const page = await context.newPage()
    const victim = site.person("student")
    await logInAtClever(context, site, victim.id)
    await clickLogIn(page, site)
    await arriveAs(page, site, victim.name)
    const stolen = codeOf(site.person("teacher").id, { state: "forged" })
    site.servePage("/trap", `<script>location = ${JSON.stringify(stolen.callbackUrl)}</script>`)
    await page.goto(`${site.foreign}/trap`)
    await page.getByRole("heading", { name: "Please log in again" }).waitFor()
    expect(timesRedeemed(stolen.code)).toBe(0)
    expect(await whoIsLoggedIn(context, site)).toMatchObject({ cleverId: victim.id })
  })

  test("R36 a form on another page can't log anybody out", async () => {
    const context = await chromium.newContext()
    const page = await context.newPage()
    const victim = site.person("student")
    await logInAtClever(context, site, victim.id)
    await clickLogIn(page, site)
    await arriveAs(page, site, victim.name)
    site.servePage(
      "/log-out",
      `<form method="post" action="${site.app}/auth/clever/logout"></form><script>document.forms[0].submit()</script>`,
    )
    await page.goto(`${site.foreign}/log-out`)
    await page.getByRole("heading", { name: "That did not log you out" }).waitFor()
    expect(await whoIsLoggedIn(context, site)).toMatchObject({ cleverId: victim.id })
  })

  test("R39 the app's own pages, framed by another, show nothing", async () => {
    const context = await chromium.newContext()
    const page = await context.newPage()
    site.servePage("/frame", `<iframe src="${site.app}/auth/clever/callback?state=unknown"></iframe>`)
    await page.goto(`${site.foreign}/frame`)
    const addresses = () => page.frames().map((frame) => frame.url())
    await expect.poll(addresses).toEqual([`${site.foreign}/frame`, "chrome-error://chromewebdata/"])
  })
})

describe.each(sites)("somebody who can't log in, with the app at $name", ({ secure }) => {
  let site: Site
  beforeAll(async () => {
    site = await openSite({ secure })
    return () => site.close()
  })

  test("R46 is told so by the app where it asks to be told, and stays logged out", async () => {
    const context = await chromium.newContext()
    const page = await context.newPage()
    const { id } = site.person("student", 1)
    site.simulator.signIn.unshare(id)
    await logInAtClever(context, site, id)
    await page.goto(`${site.app}/enter`)
    expect(await page.textContent("h1")).toBe("You can't use this app yet")
    expect(await page.locator("main a").first().textContent()).toBe("Log in with Clever")
    expect(await whoIsLoggedIn(context, site)).toMatchObject({ status: 401 })
    await page.getByRole("link", { name: "Go to the start page" }).click()
    await page.getByText("You are not logged in").waitFor()
  })

  test("R27 with cookies blocked for the app, a login from the Portal ends at a page that says so, not in a loop", async () => {
    const context = await chromium.newContextWithoutCookies(site.app)
    const page = await context.newPage()
    const callbacks = watchCallbacks(page, site)
    await logInAtClever(context, site, site.person("student").id)
    await page.goto(`${site.simulator.authUrl}/portal`)
    await page.getByTestId(`app-${site.simulator.clientId}`).click()
    await page.getByRole("heading", { name: "Please log in again" }).waitFor()
    expect(await page.textContent("main")).toContain("your browser may be blocking cookies")
    expect(callbacks).toHaveLength(2)
    expect(await cookiesOfApp(context, site)).toEqual([])

    await page.getByRole("link", { name: "Log in with Clever" }).click()
    await page.getByRole("heading", { name: "Please log in again" }).waitFor()
    expect(callbacks).toHaveLength(3)
  })
})
