import type { BrowserContext, Page } from "playwright-core"
import { describe, expect, test } from "vitest"
import { type BrowserWorld, openBrowserWorld, openForeignPage } from "./support/app.ts"
import { hasChromium, openBrowser, openBrowserWithoutCookies } from "./support/chromium.ts"

const sites = [
  { name: "over plain http on this machine", tls: false },
  { name: "over TLS, with __Host- cookies", tls: true },
]

/** Logs in at Clever's own page, as somebody who sits down at a browser. */
async function logInAtClever(
  page: Page,
  world: BrowserWorld,
  userName: string,
  method = "password",
): Promise<void> {
  const district = world.simulator.districts[0]?.id
  await page.goto(`${world.simulator.authUrl}/login/${district}/${method}`)
  await page.getByLabel("User name").fill(userName)
  await page.getByLabel("Password").fill("any")
  await page.getByTestId("log-in").click()
  await page.getByTestId("apps").waitFor()
}

async function clickInPortal(page: Page, world: BrowserWorld): Promise<void> {
  await page.goto(`${world.simulator.authUrl}/portal`)
  await page.getByTestId(`app-${world.simulator.clientId}`).click()
}

/** Who the app says is logged in on this page. */
async function who(page: Page): Promise<string | null> {
  return page.getByTestId("who").textContent()
}

async function pageOf(context: BrowserContext): Promise<Page> {
  return context.newPage()
}

describe.skipIf(!hasChromium).each(sites)("R64 in Chromium, $name", ({ tls }) => {
  test("the button leads through the school picker and the login page, and back to the page it stood on", async () => {
    const world = await openBrowserWorld({ tls })
    const student = world.person("student")
    const page = await pageOf(await openBrowser())
    await page.goto(`${world.app}/unit/3`)
    await page.getByRole("link", { name: "Log in with Clever" }).click()
    await page.getByLabel("School or district").fill(world.simulator.districts[0]?.name.slice(12) ?? "")
    await page.getByTestId("search").click()
    await page.getByTestId(`district-${world.simulator.districts[0]?.id}`).click()
    await page.getByLabel("User name").fill(student.userName)
    await page.getByLabel("Password").fill("any")
    await page.getByTestId("log-in").click()
    await page.waitForURL(`${world.app}/unit/3`)
    expect(await who(page)).toBe(`${student.id} student by app`)
    // The code does not stay in the address bar, nor in the history behind it.
    expect(page.url()).not.toContain("code=")
  })

  test.each([
    ["teacher", "password"],
    ["staff", "password"],
    ["district_admin", "admin"],
    ["contact", "parent"],
  ])("a %s logs in, and out again by the button", async (role, method) => {
    const world = await openBrowserWorld({ tls })
    const person = world.person(role)
    const page = await pageOf(await openBrowser())
    await logInAtClever(page, world, person.userName, method)
    await page.goto(world.app)
    await page.getByRole("link", { name: "Log in with Clever" }).click()
    await page.waitForURL(`${world.app}/`)
    expect(await who(page)).toMatch(new RegExp(`^${person.id} .*${role}.* by app$`))
    await page.getByRole("button", { name: "Log out" }).click()
    await page.waitForURL(`${world.app}/`)
    expect(await who(page)).toBe("nobody")
    await page.reload()
    expect(await who(page)).toBe("nobody")
  })

  test("a Badge logs in, and so does the keyboard alone", async () => {
    const world = await openBrowserWorld({ tls })
    const student = world.person("student", 1)
    const page = await pageOf(await openBrowser())
    await page.goto(world.app)
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await page.getByTestId(`district-${world.simulator.districts[0]?.id}`).click()
    await page.getByTestId("method-badge").click()
    await page.getByTestId(`person-${student.id}`).click()
    await page.waitForURL(`${world.app}/`)
    expect(await who(page)).toBe(`${student.id} student by app`)
  })

  test("the Portal's icon and an Instant Login link log in without a question", async () => {
    const world = await openBrowserWorld({ tls })
    const student = world.person("student")
    const { authUrl, clientId, districts } = world.simulator
    const page = await pageOf(await openBrowser())
    await logInAtClever(page, world, student.userName)
    await clickInPortal(page, world)
    await page.waitForURL(`${world.app}/`)
    expect(await who(page)).toBe(`${student.id} student by clever`)
    await page.getByRole("button", { name: "Log out" }).click()
    const link = `${authUrl}/oauth/instant-login?client_id=${clientId}&district_id=${districts[0]?.id}`
    await page.goto(await openForeignPage(`<a href="${link}">The app</a>`))
    await page.getByRole("link").click()
    await page.waitForURL(`${world.app}/`)
    expect(await who(page)).toBe(`${student.id} student by clever`)
  })

  test("R13 pupil B, coming from the Portal while A is still logged in to the app, gets a session of their own", async () => {
    const world = await openBrowserWorld({ tls })
    const [a, b] = [world.person("student"), world.person("student", 1)]
    const context = await openBrowser()
    const page = await pageOf(context)
    await logInAtClever(page, world, a.userName)
    await clickInPortal(page, world)
    expect(await who(page)).toContain(a.id)
    const sessionOfA = (await context.cookies(world.app)).find(({ name }) => name.endsWith("clever_session"))
    await logInAtClever(page, world, b.userName)
    await clickInPortal(page, world)
    expect(await who(page)).toContain(b.id)
    // A copy of A's cookie is worth nothing any more.
    const other = await openBrowser()
    await other.addCookies([sessionOfA ?? { name: "none", value: "", url: world.app }])
    const copied = await pageOf(other)
    await copied.goto(world.app)
    expect(await who(copied)).toBe("nobody")
  })

  test("R31 pupil B, coming from the Portal and refused by the app, does not land in A's work", async () => {
    const world = await openBrowserWorld({ tls })
    const [a, b] = [world.person("student"), world.person("student", 1)]
    const page = await pageOf(await openBrowser())
    await logInAtClever(page, world, a.userName)
    await clickInPortal(page, world)
    world.refused.add(b.id)
    await logInAtClever(page, world, b.userName)
    await clickInPortal(page, world)
    await page.getByRole("heading", { name: "Your account is not ready yet" }).waitFor()
    await page.getByRole("link", { name: "Go to the start page" }).click()
    expect(await who(page)).toBe("nobody")
  })

  test.each([
    ["in order", [0, 1]],
    ["the later one first", [1, 0]],
  ])("R33 two tabs log in, %s", async (_name, order) => {
    const world = await openBrowserWorld({ tls })
    const student = world.person("student")
    const context = await openBrowser()
    const tabs = [await pageOf(context), await pageOf(context)]
    for (const [index, tab] of tabs.entries()) {
      await tab.goto(`${world.app}/auth/clever/login?return_to=/tab/${index}`)
      await tab.getByTestId(`district-${world.simulator.districts[0]?.id}`).click()
    }
    for (const index of order) {
      const tab = tabs[index] as Page
      await tab.getByLabel("User name").fill(student.userName)
      await tab.getByLabel("Password").fill("any")
      await tab.getByTestId("log-in").click()
      await tab.waitForURL(`${world.app}/tab/${index}`)
      expect(await who(tab)).toContain(student.id)
    }
  })

  test("R30 back, forward and reload after a login leave the person logged in", async () => {
    const world = await openBrowserWorld({ tls })
    const student = world.person("student")
    const page = await pageOf(await openBrowser())
    await logInAtClever(page, world, student.userName)
    await page.goto(`${world.app}/before`)
    await page.getByRole("link", { name: "Log in with Clever" }).click()
    await page.waitForURL(`${world.app}/before`)
    await page.goto(`${world.app}/after`)
    await page.goBack()
    await page.reload()
    expect(await who(page)).toContain(student.id)
    await page.goForward()
    expect(await who(page)).toContain(student.id)
  })

  test("R30 a callback opened again leads home with its own session, and is an error once somebody else is logged in", async () => {
    const world = await openBrowserWorld({ tls })
    const [a, b] = [world.person("student"), world.person("student", 1)]
    const page = await pageOf(await openBrowser())
    const callbacks: string[] = []
    page.on("request", (request) => {
      if (request.url().includes("/auth/clever/callback")) callbacks.push(request.url())
    })
    await logInAtClever(page, world, a.userName)
    await page.goto(`${world.app}/auth/clever/login?return_to=/work`)
    await page.goto(callbacks.at(-1) ?? "")
    expect(page.url()).toBe(`${world.app}/`)
    expect(await who(page)).toContain(a.id)
    const ofA = callbacks.at(-1) ?? ""
    await logInAtClever(page, world, b.userName)
    await page.goto(`${world.app}/auth/clever/login`)
    await page.goto(ofA)
    await page.getByRole("heading", { name: "Please log in again" }).waitFor()
    await page.goto(world.app)
    expect(await who(page)).toContain(b.id)
  })

  test("R28 an image or a frame on another site starts and ends no login", async () => {
    const world = await openBrowserWorld({ tls })
    const student = world.person("student")
    const context = await openBrowser()
    const page = await pageOf(context)
    await logInAtClever(page, world, student.userName)
    const { callbackUrl } = world.simulator.signIn.issueCode(student.id)
    const login = `${world.app}/auth/clever/login`
    await page.goto(
      await openForeignPage(
        `<img src="${login}"><img src="${callbackUrl}"><iframe src="${login}"></iframe><iframe src="${callbackUrl}"></iframe>`,
      ),
      { waitUntil: "networkidle" },
    )
    expect(world.answers.toSorted()).toEqual([
      "iframe /auth/clever/callback 400",
      "iframe /auth/clever/login 400",
      "image /auth/clever/callback 400",
      "image /auth/clever/login 400",
    ])
    expect(await context.cookies(world.app)).toEqual([])
    expect(world.simulator.signIn.codes.list().some(({ redeemed }) => redeemed > 0)).toBe(false)
    await page.goto(world.app)
    expect(await who(page)).toBe("nobody")
  })

  test("R32 cookies are HttpOnly, Lax and for this host alone; the login's own are gone after it", async () => {
    const world = await openBrowserWorld({ tls })
    const context = await openBrowser()
    const page = await pageOf(context)
    await page.goto(`${world.app}/auth/clever/login`)
    const prefix = tls ? "__Host-" : ""
    const common = {
      httpOnly: true,
      sameSite: "Lax",
      path: "/",
      secure: tls,
      domain: new URL(world.app).hostname,
    }
    expect(await context.cookies(world.app)).toEqual([
      expect.objectContaining({
        ...common,
        name: expect.stringMatching(`^${prefix}clever_txn_[0-9a-f]{16}$`),
      }),
    ])
    await logInAtClever(page, world, world.person("student").userName)
    await page.goto(`${world.app}/auth/clever/login`)
    const names = (await context.cookies(world.app)).map(({ name }) => name)
    expect(names).toContain(`${prefix}clever_session`)
    expect(names.filter((name) => name.includes("clever_txn_"))).toHaveLength(1)
    expect(await page.evaluate("document.cookie")).toBe("")
  })
})

describe.skipIf(!hasChromium)("R64 in Chromium, cookies blocked for the app", () => {
  test.each(["from the Portal", "by the button"])(
    "%s: a page says so, and nothing goes round in circles",
    async (way) => {
      const world = await openBrowserWorld({ tls: false })
      const page = await pageOf(await openBrowserWithoutCookies({ except: world.simulator.authUrl }))
      await logInAtClever(page, world, world.person("student").userName)
      if (way === "by the button") await page.goto(`${world.app}/auth/clever/login`)
      else await clickInPortal(page, world)
      await page.getByRole("heading", { name: "Please log in again" }).waitFor()
      expect(await page.textContent("body")).toContain("blocking cookies")
      await page.goto(world.app)
      expect(await who(page)).toBe("nobody")
    },
  )
})
