import { describe, expect, test } from "vitest"
import { AccountMatching } from "../../src/entries/accounts.ts"
import type { User } from "../../src/models/index.ts"
import { ConsoleRoster } from "../support/console-roster.ts"
import { addresses, linked } from "../support/page-text.ts"
import { type StorageName, storageNames } from "../support/roster-world.ts"

const rtl = "\u202eevil\u2066"
const hostile = `<script>alert(1)</script>"'><img src=x onerror=alert(2)>&${rtl}\u{1f4a5}\u0645`
const address = `"><svg onload=alert(3)>@d.example`
const sisId = `'"><a href=javascript:alert(4)>`

/** A district in which whatever people can write holds markup, with an import of every sort. */
async function hostileDistrict(storage: StorageName) {
  const accounts = {
    async *list() {
      yield { accountId: `one${hostile}`, sisId }
      yield { accountId: `two${hostile}`, sisId }
    },
  }
  const roster = await ConsoleRoster.start({
    storage,
    users: 40,
    accounts,
    roster: { guards: { archivedShare: 0.1, atLeast: 5, mayEmpty: false } },
  })
  const { world } = roster
  const users = world.district.records("user") as unknown as User[]
  const student = users.find(({ roles }) => roles?.student?.sis_id) as User
  const schools = world.ids("school")
  const spoil = (tail: string) => {
    world.district.edit("user", student.id, {
      email: address + tail,
      name: { first: hostile + tail, middle: hostile, last: hostile },
      roles: { student: { sis_id: sisId, ext: { [hostile]: hostile + tail } } },
    })
    world.district.edit("school", String(schools[0]), { name: hostile + tail })
    const [section] = world.ids("section") as [string]
    world.district.edit("section", section, { name: hostile + tail })
  }
  spoil("")
  const bad = world.ids("user").at(-1)
  world.source.alterItems = (_, items) =>
    items.map((item) => {
      const record = JSON.parse(item)
      return record.id === bad
        ? JSON.stringify({ ...record, roles: { [hostile]: 7, student: { schools: [7] } } })
        : item
    })
  const first = await world.bulk({ by: `ada${hostile}` })
  spoil(" again")
  const second = await world.delta({ by: hostile })
  await new AccountMatching({ storage: world.plain, accounts, clock: world.now }).match({
    districtId: world.districtId,
  })
  world.district.unshare({ ids: world.ids("user").slice(2, 20) })
  const held = await world.bulk()
  await world.roster.discard(held.id, { by: hostile, why: hostile })
  const again = await world.bulk()
  const connection = await roster.connections.get(world.districtId)
  await world.plain.saveConnection({ ...connection, name: hostile })
  return { roster, world, student, runs: [first, second, held, again] }
}

describe.each(storageNames)("hostile names, on %s", (storage) => {
  test("are shown escaped on every page, and nothing personal stands in any address", async () => {
    const { roster, world, student, runs } = await hostileDistrict(storage)
    const pages = new Map<string, string>()
    const queue = [
      "/history",
      ...["history", "review", "people", `people/${student.id}`].map((page) => roster.path(page)),
    ]
    queue.push(...runs.map(({ id }) => roster.path(`history/${id}`)))
    // Every page that a link leads to, and every one that a link of that page leads to.
    for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
      if (pages.has(path) || path.includes("/assets/") || path.includes(".csv")) continue
      const response = await roster.get(path)
      const page = await response.text()
      expect([path, response.status < 400]).toEqual([path, true])
      pages.set(path, page)
      if (pages.size < 60) queue.push(...linked(page))
    }
    const lookUp = async (who: string) => (await roster.post(roster.path("people"), { who })).text()
    pages.set("people by name", await lookUp("script"))
    pages.set("people by sis_id", await lookUp(sisId))
    pages.set("people by address", await lookUp(`${address} again`))
    pages.set("nobody", await lookUp(hostile))
    const search = await roster.post(roster.path(`history/${runs[0]?.id}/search`), { find: sisId })
    pages.set("search", await search.text())
    expect(pages.size).toBeGreaterThan(15)

    const personal = [address, sisId, hostile, hostile.slice(0, 8)]
    for (const [path, page] of pages) {
      const markup = page.replace(/<script src="[^"]*" defer blocking="render"><\/script>/, "")
      expect([
        path,
        /<script|<img|<svg[^>]*onload|\son\w+=|javascript:(?![^<]*<\/)/i.test(stripText(markup)),
      ]).toEqual([path, false])
      for (const to of addresses(page)) {
        expect([path, to]).toEqual([path, expect.stringMatching(/^(?:#|\/exchange\/)/)])
        const plain = decodeURIComponent(to)
        for (const text of personal) expect([path, plain.includes(text)]).toEqual([path, false])
      }
    }
    const shown = [...pages.values()].join("")
    expect(shown).toContain("&lt;script&gt;alert(1)&lt;/script&gt;")
    expect(shown).toContain("\u{1f4a5}")
    // What turns the direction of text about does so within its own element alone: isolated, or a block of its own.
    for (const [path, page] of pages) {
      const outside = page.replace(/<(bdi|code|option|title|a|h[123]|td|li|dd|p)\b[^>]*>[^<]*<\/\1>/g, "")
      const [, left] = new RegExp(`(.{0,80})${rtl}`).exec(stripAttributes(outside)) ?? []
      expect([path, left]).toEqual([path, undefined])
    }
    expect(roster.failures).toEqual([])
    expect(world.districtId).toMatch(/^[0-9a-f]{24}$/)
  })
})

/** The markup without the texts between it. */
function stripText(page: string): string {
  return (page.match(/<[^>]*>/g) ?? []).join("").replace(/="[^"]*"/g, '=""')
}

function stripAttributes(page: string): string {
  return page.replace(/="[^"]*"/g, '=""')
}
