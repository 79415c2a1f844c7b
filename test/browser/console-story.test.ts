import { mkdirSync } from "node:fs"
import { join } from "node:path"
import type { BrowserContext, Page } from "playwright-core"
import { expect, test } from "vitest"
import { SqliteStorage } from "../../src/storage/sqlite/index.ts"
import { temporaryFolder } from "../support/roster-world.ts"
import { useChromium } from "./support/chromium.ts"
import { type ConsoleSite, openConsoleSite, type Staff, staffCookie } from "./support/console-site.ts"

const chromium = useChromium()
const ada: Staff = { actor: "ada", can: ["operate"] }
const grace: Staff = { actor: "grace", can: ["operate", "approve"] }

/** Draws the pages of the documentation anew where that is asked for. */
async function picture(page: Page, name: string, height = 800): Promise<void> {
  if (process.env.HOMEROOM_PICTURES !== "1") return
  const folder = join(import.meta.dirname, "../../docs/pictures")
  mkdirSync(folder, { recursive: true })
  const width = page.viewportSize()?.width ?? 1280
  await page.screenshot({
    path: join(folder, `console-${name}.png`),
    animations: "disabled",
    fullPage: true,
    clip: { x: 0, y: 0, width, height },
  })
}

async function windowOf(site: ConsoleSite, staff: Staff, width = 1280): Promise<Page> {
  const context = await chromium.newContext({
    viewport: { width, height: 800 },
    timezoneId: "America/Chicago",
  })
  await signIn(context, site, staff)
  return context.newPage()
}

async function signIn(context: BrowserContext, site: ConsoleSite, staff: Staff): Promise<void> {
  await context.addCookies([{ name: "staff", value: staffCookie(staff), url: site.app }])
}

/** Starts an import with the form, as a person does. */
async function importNow(page: Page, mode: "Delta" | "Bulk"): Promise<void> {
  await page.getByRole("link", { name: "Import", exact: true }).click()
  await page.getByLabel(mode).check()
  await page.getByRole("button", { name: "Import", exact: true }).click()
  await page.getByText("Success. Clever Sync scheduled successfully.").waitFor()
}

/** Opens the details of the newest import by its eye. */
async function openNewest(page: Page): Promise<void> {
  await page.getByRole("link", { name: "Exchange History" }).click()
  await page
    .getByRole("link", { name: /^Import details/ })
    .first()
    .click()
}

test("a school is connected, imported, looked at, held, approved and undone, and its people log in", async () => {
  const storage = new SqliteStorage({ path: join(temporaryFolder(), "roster.db") })
  const site = await openConsoleSite({ storage, users: 240 })
  try {
    await tellStory(site)
    expect(site.failures).toEqual([])
  } finally {
    await site.close()
  }
})

async function tellStory(site: ConsoleSite): Promise<void> {
  const [district] = site.simulator.districts
  if (district === undefined) throw new Error("The simulator has no district")
  const page = await windowOf(site, ada)

  // Somebody asks for the integration, and waits.
  await page.goto(`${site.app}/data-exchange`)
  await page.getByRole("button", { name: /^Request.*User Provisioning/ }).click()
  await page.getByText("Waiting for Integration").first().waitFor()
  await picture(page, "waiting")

  // The staff approves.
  const staff = await windowOf(site, grace)
  await staff.goto(`${site.app}/data-exchange/partners`)
  await staff
    .getByRole("button", { name: /^Approve/ })
    .first()
    .click()
  await staff.getByText("The request was approved").waitFor()

  // The Clever District ID is entered: Clever is asked before it is saved.
  await page.reload()
  await page.getByRole("link", { name: "Enter the Clever District ID" }).click()
  await page.getByLabel("Clever District ID").fill("5".repeat(24))
  await page.getByRole("button", { name: "Save Changes" }).click()
  await page.getByText("Clever does not know this district").waitFor()
  await page.getByLabel("Clever District ID").fill(district.id)
  await page.getByRole("button", { name: "Save Changes" }).click()
  await page.getByText("Changes saved. The district is connected.").waitFor()

  // An import, watched while it runs.
  site.gate.shut()
  site.gate.pass(8)
  await importNow(page, "Bulk")
  await page.locator("progress").waitFor()
  const live = page.locator("[data-events]")
  const before = await live.textContent()
  site.gate.pass(6)
  await live.filter({ hasNotText: before ?? "" }).waitFor()
  await picture(page, "import")
  site.gate.open()
  await page.locator("progress").waitFor({ state: "detached" })
  await page.getByText("Applied").first().waitFor()

  // A day goes by: a delta, and what it did.
  district.nextDay()
  await importNow(page, "Delta")
  await live.waitFor({ state: "detached" })
  await openNewest(page)
  await page.getByRole("heading", { name: "Import details" }).waitFor()
  await page.getByText("The guards found nothing unusual").waitFor()

  // A school stops sharing too many: the import is held until the staff approves it.
  const pupil = district.people.find(({ role }) => role === "student")
  if (pupil === undefined) throw new Error("The district has no students")
  const students = district.records("user").filter(({ roles }) => Object.hasOwn(Object(roles), "student"))
  district.unshare({ ids: [pupil.id, ...students.slice(0, 90).map(({ id }) => String(id))] })
  await importNow(page, "Bulk")
  await live.waitFor({ state: "detached" })
  await openNewest(page)
  await page.getByText("This import waits").waitFor()
  expect(await page.getByRole("button", { name: "Approve" }).count()).toBe(0)
  await staff.goto(page.url())
  await picture(staff, "held", 980)
  await staff.getByRole("button", { name: "Approve" }).click()
  await staff.getByText("The import was approved and applied.").waitFor()

  // It was a mistake: taken back, after a page has said what that does.
  await staff.getByRole("link", { name: "Undo" }).click()
  await staff.getByRole("heading", { name: "Undo this import?" }).waitFor()
  await staff.getByLabel(/^Why/).fill("The school had shared the wrong list")
  await staff.getByRole("button", { name: "Undo the import" }).click()
  await staff.getByText("The import was undone.").waitFor()
  await staff.getByRole("link", { name: "Exchange History" }).first().click()
  await staff.getByRole("heading", { name: "Exchange History" }).waitFor()
  await picture(staff, "history")
  const narrow = await windowOf(site, grace, 360)
  await narrow.goto(staff.url())
  await picture(narrow, "history-narrow")

  // Whoever was taken back can log in, as People says, and does.
  await staff.getByRole("link", { name: "People" }).click()
  await staff.getByLabel(/^Clever id, SIS id/).fill(pupil.name)
  await staff.getByRole("button", { name: "Look up" }).click()
  await staff.getByRole("row").filter({ hasText: pupil.id }).getByRole("link").click()
  await staff.getByText("Yes", { exact: true }).first().waitFor()
  expect(staff.url()).toBe(`${site.app}/data-exchange/districts/${district.id}/people/${pupil.id}`)
  await picture(staff, "person")
  await staff.getByRole("link", { name: "Review" }).click()
  await staff.getByText("Nothing to decide").waitFor()

  district.reshare({ ids: [pupil.id] })
  const pupils = await chromium.newContext()
  const app = await pupils.newPage()
  await app.goto(site.app)
  await app.getByRole("link", { name: "Log in with Clever" }).click()
  const [school] = district.records("school")
  await app.getByLabel("School or district").fill(String(school?.name))
  await app.getByRole("button", { name: "Search" }).click()
  await app.getByTestId(`school-${String(school?.id)}`).click()
  await app.getByLabel("User name").fill(pupil.id)
  await app.getByLabel("Password").fill("secret")
  await app.getByTestId("log-in").click()
  await app.getByText(`You are logged in as ${pupil.name}`).waitFor()
}
