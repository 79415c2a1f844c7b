import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { getRequestListener } from "@hono/node-server"
import axe from "axe-core"
import type { Page } from "playwright-core"
import { describe, expect, onTestFinished, test } from "vitest"
import { AccountMatching } from "../../src/entries/accounts.ts"
import type { User } from "../../src/models/index.ts"
import { ConsoleRoster } from "../support/console-roster.ts"
import { admin } from "../support/console-world.ts"
import { useChromium, type WindowOptions } from "./support/chromium.ts"

const chromium = useChromium()
interface AxeResults {
  violations: { id: string; nodes: { html: string; failureSummary?: string }[] }[]
}

/** What axe-core finds wrong with a page, in words. */
async function violations(page: Page, options: object = {}): Promise<string[]> {
  await page.evaluate(axe.source)
  const results = (await page.evaluate(
    `axe.run(document, ${JSON.stringify({ resultTypes: ["violations"], ...options })})`,
  )) as AxeResults
  return results.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
  )
}

/** A console with something on every page, where a browser can reach it. */
async function openConsole(): Promise<{ roster: ConsoleRoster; at: string; pages: Map<string, string> }> {
  const entries: { accountId: string; sisId: string }[] = []
  const accounts = {
    async *list() {
      yield* entries
    },
  }
  const guards = { archivedShare: 0.1, atLeast: 10 }
  const roster = await ConsoleRoster.start({ users: 40, schools: 1, accounts, roster: { guards } })
  const { world } = roster
  const students = (world.district.records("user") as unknown as User[]).filter(
    ({ roles }) => roles?.student?.sis_id,
  )
  for (const letter of ["a", "b"]) {
    entries.push({ accountId: letter, sisId: String(students[0]?.roles?.student?.sis_id) })
  }
  const bad = world.ids("user").at(-1)
  world.source.alterItems = (_, items) =>
    items.map((item) =>
      item.includes(`"id":"${bad}"`) ? item.replace(/"district":"[^"]*"/, '"district":"0"') : item,
    )
  const first = await world.bulk({ by: "ada" })
  world.district.nextDay()
  const delta = await world.delta()
  await new AccountMatching({ storage: world.plain, accounts, clock: world.now }).match({
    districtId: world.districtId,
  })
  world.district.unshare({ ids: students.slice(1, 16).map(({ id }) => id) })
  const held = await world.bulk()
  const server = createServer(getRequestListener(roster.fetch))
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}/exchange`
  const pages = new Map(
    Object.entries({
      partners: "/partners",
      district: roster.path("").replace(/\/$/, ""),
      disconnect: roster.path("disconnect"),
      import: roster.path("import"),
      schedule: roster.path("schedule"),
      history: roster.path("history"),
      "history, none": `${roster.path("history")}?state=failed`,
      "history of all": "/history",
      "first import": roster.path(`history/${first.id}`),
      delta: roster.path(`history/${delta.id}`),
      held: roster.path(`history/${held.id}`),
      rejected: roster.path(`history/${first.id}/rejected`),
      undo: roster.path(`history/${delta.id}/undo`),
      review: roster.path("review"),
      people: roster.path("people"),
      person: roster.path(`people/${students[0]?.id}`),
      stranger: roster.path(`people/${"5".repeat(24)}`),
      nowhere: "/nowhere",
    }),
  )
  return { roster, at, pages }
}

async function windowOf(options: WindowOptions): Promise<Page> {
  const context = await chromium.newContext({
    // The page's own policy lets no script in but its own, and so not axe-core either.
    bypassCSP: true,
    extraHTTPHeaders: { "x-visitor": JSON.stringify(admin) },
    ...options,
  })
  return context.newPage()
}

const widths = [1280, 360]

test.each(widths)(
  "axe-core finds nothing on any page, light and dark, at %i px, and nothing is cut off",
  async (width) => {
    const { at, pages, roster } = await openConsole()
    const page = await windowOf({ viewport: { width, height: 900 } })
    const check = async (name: string) => {
      expect([name, await violations(page)]).toEqual([name, []])
      await page.emulateMedia({ colorScheme: "dark" })
      const dark = await violations(page, { runOnly: ["color-contrast"] })
      expect([name, "dark", dark]).toEqual([name, "dark", []])
      await page.emulateMedia({ colorScheme: "light" })
      const overflow = await page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth",
      )
      expect([name, "overflow", overflow]).toEqual([name, "overflow", 0])
    }
    for (const [name, path] of pages) {
      await page.goto(at + path)
      await page.evaluate(
        "for (const one of [...document.querySelectorAll('details')].slice(0, 3)) one.open = true",
      )
      await check(name)
    }
    await page.goto(at + roster.path("people"))
    await page.getByRole("textbox").fill("a")
    await page.getByRole("button", { name: "Look up" }).click()
    await page.getByText(/^Found/).waitFor()
    await check("people found")
    await page.goto(at + String(pages.get("delta")))
    await page.getByLabel("Clever id or sis_id").fill("nothing")
    await page.getByRole("button", { name: "Search" }).click()
    await page.getByText("Nothing in this import has this id").waitFor()
    await check("nothing found")
  },
  180_000,
)

describe("by keyboard alone", () => {
  test("the skip link leads past the navigation, and the eye opens an import that is then approved", async () => {
    const { at, pages, roster } = await openConsole()
    const page = await windowOf({ viewport: { width: 1280, height: 900 } })
    await page.goto(at + String(pages.get("history")))
    await page.keyboard.press("Tab")
    expect(await page.locator(":focus").textContent()).toBe("Skip to the content")
    await page.keyboard.press("Enter")
    await tabTo(page, "a.eye")
    await page.keyboard.press("Enter")
    await page.getByText("This import waits").waitFor()
    await tabTo(page, "[name=why]")
    await page.keyboard.type("They moved")
    await tabTo(page, "button.primary")
    await page.keyboard.press("Enter")
    await page.getByText("The import was approved and applied.").waitFor()
    expect(roster.failures).toEqual([])
  })

  test("everything that can be used is reached in the order in which it stands, and shows that it is", async () => {
    const { at, pages } = await openConsole()
    const page = await windowOf({ viewport: { width: 1280, height: 900 } })
    for (const name of ["history", "held", "review", "people", "person", "import", "schedule", "partners"]) {
      await page.goto(at + String(pages.get(name)))
      const reached: string[] = []
      const all = (await page.evaluate(listUsable)) as string[]
      for (let presses = 0; presses <= 2 * all.length; presses++) {
        await page.keyboard.press("Tab")
        const focus = (await page.evaluate(describeFocus)) as { mark: string; isShown: boolean } | null
        // A field for a time has a stop for each of its parts.
        if (focus !== null && focus.mark === reached.at(-1)) continue
        if (focus === null || reached.includes(focus.mark)) break
        expect([name, focus]).toEqual([name, { ...focus, isShown: true }])
        reached.push(focus.mark)
      }
      expect([name, reached]).toEqual([name, all])
    }
  })
})

/** Presses Tab until this has the focus. */
async function tabTo(page: Page, selector: string): Promise<void> {
  for (let presses = 0; presses < 80; presses++) {
    await page.keyboard.press("Tab")
    if (await page.evaluate(`document.activeElement.matches(${JSON.stringify(selector)})`)) return
  }
  throw new Error(`${selector} is not reached by keyboard`)
}

/** Marks all that can be used, in the order in which it stands; of radio buttons the one that is chosen. */
const listUsable = `(() => {
  const all = [...document.querySelectorAll("a[href], button, select, textarea, summary, input:not([type=hidden])")]
  const usable = all.filter((one) => !one.disabled && one.checkVisibility() && !(one.type === "radio" && !one.checked))
    .filter((one) => one.className !== "hidden" && !(one.matches("button") && one.classList.contains("hidden") && one.tabIndex < 0))
  return usable.map((one, index) => (one.dataset.mark = index + " " + one.outerHTML.slice(0, 80)))
})()`

const describeFocus = `(() => {
  const one = document.activeElement
  if (!one || !one.dataset.mark) return null
  const { outlineStyle, outlineWidth } = getComputedStyle(one)
  return { mark: one.dataset.mark, isShown: outlineStyle !== "none" && parseFloat(outlineWidth) > 1 }
})()`
