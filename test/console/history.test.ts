import { describe, expect, test } from "vitest"
import { ConsoleRoster } from "../support/console-roster.ts"
import { ConsoleWorld } from "../support/console-world.ts"
import { districtId } from "../support/exchange-world.ts"
import { addresses, readable } from "../support/page-text.ts"
import { hourMs, storageNames } from "../support/roster-world.ts"

describe.each(storageNames)("Exchange History, on %s", (storage) => {
  test("says what to do while nothing was imported", async () => {
    const roster = await ConsoleRoster.start({ storage })
    const page = await roster.page(roster.path("history"))
    expect(readable(page)).toContain("No import yet")
    expect(addresses(page)).toContain(`/exchange${roster.path("import")}`)
  })

  test("lists the imports newest first, with who, mode, state, counts, and an eye to the details", async () => {
    const roster = await ConsoleRoster.start({ storage, users: 80 })
    const { world } = roster
    await world.bulk({ by: "ada" })
    world.district.nextDay()
    const delta = await world.delta({ by: "schedule" })
    const page = await roster.page(roster.path("history"))
    const rows = page.slice(page.indexOf("<tbody")).split("</tr>").map(readable1)
    expect(rows[0]).toMatch(/schedule Delta Applied/)
    expect(rows[0]).toContain(` ${delta.counts.user.updated + delta.counts.section.updated > 0 ? "" : "–"}`)
    expect(rows[1]).toMatch(/ada Bulk Applied/)
    expect(page).toMatch(/aria-label="Import details: Delta, 20\d\d-/)
    expect(addresses(page)).toContain(`/exchange${roster.path(`history/${delta.id}`)}`)
    // The chart says in words what it draws.
    expect(page).toMatch(/<svg role="img" aria-label="2 imports, the newest on the right\./)
    expect((page.match(/<rect class="slot"/g) ?? []).length).toBe(2)
    expect(await roster.page("/history")).toContain(`/exchange${roster.path(`history/${delta.id}`)}`)
  })

  test("shows some states or modes alone, page by page, and nothing that an address makes up", async () => {
    const roster = await ConsoleRoster.start({ storage, users: 20 })
    const { world } = roster
    for (let at = 0; at < 28; at++) {
      world.clock.advance(hourMs)
      world.district.nextDay()
      await (at % 9 === 0 ? world.bulk() : world.delta())
    }
    const listed = (page: string) =>
      addresses(page).flatMap((address) => /\/history\/([^/?#]+)$/.exec(address)?.[1] ?? [])
    const ids = (await world.history()).map(({ id }) => id)
    const first = await roster.page(roster.path("history"))
    expect(listed(first)).toEqual(ids.slice(0, 25))
    const next = addresses(first).find((address) => address.includes("before=")) ?? ""
    expect(listed(await roster.page(next.replace("/exchange", "")))).toEqual(ids.slice(25))
    const bulks = (await world.history()).filter(({ mode }) => mode === "bulk")
    expect(listed(await roster.page(`${roster.path("history")}?mode=bulk`))).toEqual(
      bulks.map(({ id }) => id),
    )
    const failed = readable(await roster.page(`${roster.path("history")}?state=failed`))
    expect(failed).toContain("No import fits")
    expect(listed(await roster.page(`${roster.path("history")}?state=constructor&mode=`))).toEqual(
      ids.slice(0, 25),
    )
    expect((await roster.get(`${roster.path("history")}?before=made-up`)).status).toBe(404)
  })
})

test("the history of all districts leads people to those alone that they may see", async () => {
  const world = new ConsoleWorld()
  for (const at of [1, 2, 3]) {
    await world.connect(districtId(at))
    await world.roster.sync({ districtId: districtId(at), mode: "bulk" })
  }
  const ada = { actor: "ada", can: ["view"], districts: [districtId(1), districtId(2)] } as const
  const page = await world.text("/history", ada)
  expect(readable(page)).toContain("Which district is it about?")
  expect(page).not.toContain(districtId(3))
  const one = await world.text("/history", { ...ada, districts: [districtId(1)] })
  expect(one).toBe("")
  const [run] = await world.storage.listRuns({ districtId: districtId(3), limit: 1 })
  expect((await world.get(`/districts/${districtId(1)}/history/${run?.id}`, ada)).status).toBe(404)
  expect((await world.get(`/districts/${districtId(3)}/history/${run?.id}`, ada)).status).toBe(404)
  expect((await world.get(`/districts/${districtId(1)}/history?before=${run?.id}`, ada)).status).toBe(404)
  expect((await world.text("/history")).match(/class="eye"/g)).toHaveLength(3)
})

function readable1(part: string): string {
  return readable(`<main>${part}</main>`)
}
