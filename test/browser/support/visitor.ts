import type { BrowserContext, Cookie, Page } from "playwright-core"
import { sessionCookie } from "../../../src/simulator/index.ts"
import type { Site } from "./site.ts"

/** Logs somebody in at Clever on this browser, without Clever's pages; whoever was is logged out there. */
export async function logInAtClever(context: BrowserContext, site: Site, personId: string): Promise<void> {
  const { cookie } = site.simulator.signIn.logIn(personId)
  await context.addCookies([
    { name: sessionCookie, value: cookie.slice(cookie.indexOf("=") + 1), url: site.simulator.authUrl },
  ])
}

/** Who the app takes this browser for, as `GET /whoami` says in a window of its own. */
export async function whoIsLoggedIn(context: BrowserContext, site: Site): Promise<Record<string, unknown>> {
  const page = await context.newPage()
  const response = await page.goto(`${site.app}/whoami`)
  const body = (await response?.json()) as Record<string, unknown>
  await page.close()
  return { status: response?.status(), ...body }
}

/** The app's cookies on this browser. */
export function cookiesOfApp(context: BrowserContext, site: Site): Promise<Cookie[]> {
  return context.cookies(site.app)
}

/** The app's session cookie on this browser, if there is one. */
export async function sessionCookieOf(context: BrowserContext, site: Site): Promise<Cookie | undefined> {
  return (await cookiesOfApp(context, site)).find(({ name }) => /clever_session$/.test(name))
}

/** Opens the app's start page and clicks "Log in with Clever". */
export async function clickLogIn(page: Page, site: Site): Promise<void> {
  await page.goto(site.app)
  await page.getByRole("link", { name: "Log in with Clever" }).click()
}

/** Finds the school in Clever's picker and goes to its login page. */
export async function pickSchool(page: Page, site: Site): Promise<void> {
  const [school] = site.simulator.districts[0]?.records("school") ?? []
  await page.getByLabel("School or district").fill(String(school?.name))
  await page.getByRole("button", { name: "Search" }).click()
  await page.getByTestId(`school-${String(school?.id)}`).click()
}

/** Fills in the form of Clever's login page. */
export async function typePassword(page: Page, userName: string): Promise<void> {
  await page.getByLabel("User name").fill(userName)
  await page.getByLabel("Password").fill("secret")
  await page.getByTestId("log-in").click()
}

/** Waits until the app's start page says who is logged in. */
export async function arriveAs(page: Page, site: Site, name: string): Promise<void> {
  await page.waitForURL(`${site.app}/`)
  await page.getByText(`You are logged in as ${name}`).waitFor()
}

/** Keeps the address of each callback that Clever sends this page to. */
export function watchCallbacks(page: Page, site: Site): string[] {
  const callbacks: string[] = []
  page.on("request", (request) => {
    if (request.url().startsWith(`${site.app}/auth/clever/callback`)) callbacks.push(request.url())
  })
  return callbacks
}
