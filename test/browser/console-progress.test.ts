import { expect, test } from "vitest"
import { MemoryStorage } from "../../src/storage/memory/index.ts"
import { useChromium } from "./support/chromium.ts"
import { openConsoleSite, staffCookie } from "./support/console-site.ts"

const chromium = useChromium()

/** Adds up whatever moves on the page by itself, from its first picture on. */
const watchShifts = `
globalThis.shifted = []
new PerformanceObserver((list) => {
  for (const { value, sources } of list.getEntries()) {
    shifted.push(value + " " + sources.map(({ node }) => node?.nodeName + "." + node?.className).join())
  }
}).observe({ type: "layout-shift", buffered: true })`

test.each([1280, 360])("at %i px nothing moves while the progress of an import does", async (width) => {
  const site = await openConsoleSite({ storage: new MemoryStorage(), users: 400 })
  try {
    const [district] = site.simulator.districts
    const districtId = district?.id ?? ""
    await site.connections.connect(districtId, { mode: "sso+provisioning", by: "ada" })
    const context = await chromium.newContext({ viewport: { width, height: 800 } })
    await context.addCookies([
      { name: "staff", value: staffCookie({ actor: "ada", can: ["operate"] }), url: site.app },
    ])
    const page = await context.newPage()
    await page.addInitScript(watchShifts)
    site.gate.shut()
    site.gate.pass(6)
    await page.goto(`${site.app}/data-exchange/districts/${districtId}/import`)
    await page.getByLabel("Bulk").check()
    await page.getByRole("button", { name: "Import", exact: true }).click()
    await page.locator("progress").waitFor()
    const live = page.locator("[data-events]")
    const seen = new Set<string>()
    for (let step = 0; step < 8; step++) {
      const text = (await live.locator(".line").textContent()) ?? ""
      seen.add(text)
      site.gate.pass(2)
      await live.locator(".line").filter({ hasNotText: text }).waitFor()
    }
    expect(seen.size).toBe(8)
    expect(await page.evaluate("shifted")).toEqual([])
    site.gate.open()
    await page.locator("progress").waitFor({ state: "detached" })
    expect(site.failures).toEqual([])
  } finally {
    await site.close()
  }
})

test("without scripts the page draws itself anew until the import has ended", async () => {
  const site = await openConsoleSite({ storage: new MemoryStorage(), users: 40 })
  try {
    const districtId = site.simulator.districts[0]?.id ?? ""
    await site.connections.connect(districtId, { mode: "sso+provisioning", by: "ada" })
    const context = await chromium.newContext({ javaScriptEnabled: false })
    await context.addCookies([
      { name: "staff", value: staffCookie({ actor: "ada", can: ["operate"] }), url: site.app },
    ])
    const page = await context.newPage()
    site.gate.shut()
    await page.goto(`${site.app}/data-exchange/districts/${districtId}/import`)
    await page.getByLabel("Bulk").check()
    await page.getByRole("button", { name: "Import", exact: true }).click()
    await page.getByText("Success. Clever Sync scheduled successfully.").waitFor()
    site.gate.open()
    await page.getByText("Applied").waitFor()
    await page.getByRole("link", { name: "Exchange History" }).click()
    await page.getByRole("link", { name: /^Import details/ }).click()
    await page.getByRole("heading", { name: "Import details" }).waitFor()
    expect(await page.locator("time").first().textContent()).toContain("UTC")
  } finally {
    await site.close()
  }
})
