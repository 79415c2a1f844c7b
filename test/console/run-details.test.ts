import { describe, expect, test } from "vitest"
import { AuditLog } from "../../src/entries/exchange.ts"
import type { User } from "../../src/models/index.ts"
import { ConsoleRoster } from "../support/console-roster.ts"
import { addresses, readable } from "../support/page-text.ts"
import { dayMs, type StorageName, storageNames } from "../support/roster-world.ts"

const viewer = { actor: "vera", can: ["view"] } as const

/** A district whose next import archives too many, and has one of every other change. */
async function heldImport(storage: StorageName) {
  const guards = { archivedShare: 0.1, atLeast: 20, mayEmpty: false }
  const roster = await ConsoleRoster.start({ storage, users: 120, roster: { guards } })
  const { world } = roster
  await world.bulk({ by: "ada" })
  const [edited, ...others] = world.ids("user") as [string, ...string[]]
  world.district.edit("user", edited, { email: "edited@d.example" })
  const gone = others.slice(0, 60)
  world.district.unshare({ ids: gone })
  const run = await world.bulk({ by: "schedule" })
  expect(run.state).toBe("held")
  return { roster, world, run, edited, gone, path: roster.path(`history/${run.id}`) }
}

async function audited({ world }: ConsoleRoster): Promise<string[]> {
  const { entries } = await new AuditLog({ storage: world.plain }).list({ limit: 100 })
  return entries.map(({ action, by }) => `${action} by ${by}`)
}

describe.each(storageNames)("Import details, on %s", (storage) => {
  test("tell counts, guards with what they measured and allow, the timeline, and each change before and after", async () => {
    const { roster, world, path, edited, gone } = await heldImport(storage)
    const stored = await world.roster.record({ districtId: world.districtId, kind: "user", id: edited })
    const email = stored?.data.email
    const page = await roster.page(path)
    const text = readable(page)
    expect(text).toContain("This import waits")
    expect(text).toMatch(/Share that is archived, with the last 24 hours Users [\d.]+% at most 10%/)
    expect(text).toMatch(/Share that is archived, with the last 24 hours Users [\d.]+% at most 10% held/)
    expect(text).toMatch(/Share that is changed Users [\d.]+% at most 100% passed/)
    expect(text).toMatch(/Started by schedule .* Held by the guards .* Expires unless somebody decides/)
    expect(text).toContain(
      `User ${edited} Updated User ${edited} Field Before After email ${email} edited@d.example`,
    )
    expect(text).toContain(`User ${[...gone].sort()[0]} Archived`)
    expect(addresses(page)).toContain(`/exchange${path}?kind=user&action=archive#changes`)
    const archived = readable(await roster.page(`${path}?kind=user&action=archive`))
    expect(archived).not.toContain(edited)
    const [first = ""] = [...gone].sort()
    const leaving = await world.roster.record({ districtId: world.districtId, kind: "user", id: first })
    // Who or what would go, as it is.
    expect(archived).toContain(`name.last ${leaving?.data.name?.last} `)
    expect(archived).not.toContain("Field Before After")
  })

  test("approve exactly the plan that was shown, in somebody's name", async () => {
    const { roster, world, path, run, gone } = await heldImport(storage)
    const page = await roster.page(path)
    const hash = /name="hash" value="([0-9a-f]{64})"/.exec(page)?.[1] ?? ""
    expect(hash).toBe(run.plan?.hash)
    const refused = await roster.post(`${path}/approve`, {
      hash: hash.replace(/^./, (one) => (one === "0" ? "1" : "0")),
    })
    expect(refused.status).toBe(409)
    expect(readable(await refused.text())).toContain("What you saw is not what waits any more")
    expect((await roster.post(`${path}/approve`, { hash }, viewer)).status).toBe(403)
    expect((await world.roster.run(run.id)).state).toBe("held")
    expect(await roster.page(path, viewer)).not.toContain('name="hash"')

    const answer = await roster.post(`${path}/approve`, { hash, why: "They moved" })
    expect([answer.status, answer.headers.get("location")]).toEqual([303, `/exchange${path}`])
    const after = readable(await roster.page(path))
    expect(after).toMatch(/Approved by ada .* They moved Applied/)
    expect((await world.stored()).get(`user ${gone[0]}`)?.state).toBe("archived")
    expect((await audited(roster))[0]).toBe("run-approved by ada")
    const again = await roster.post(`${path}/approve`, { hash })
    expect(readable(await again.text())).toContain("Nothing waits for a decision here any more")
  })

  test("discard, and say that nothing of it is kept", async () => {
    const { roster, path, run, world } = await heldImport(storage)
    await roster.post(`${path}/discard`, { why: "A mistake at the school" })
    const text = readable(await roster.page(path))
    expect(text).toMatch(/Discarded by ada .* A mistake at the school/)
    expect(text).toContain("no longer kept")
    expect((await world.roster.run(run.id)).state).toBe("discarded")
    expect((await audited(roster))[0]).toBe("run-discarded by ada")
  })

  test("undo after a page has said what that does, and tell of it in both imports", async () => {
    const roster = await ConsoleRoster.start({ storage })
    const { world } = roster
    await world.bulk()
    const [id] = world.ids("user") as [string]
    world.district.edit("user", id, { email: "edited@d.example" })
    const run = await world.delta()
    const path = roster.path(`history/${run.id}`)
    expect(await roster.page(path, viewer)).not.toContain(`${path}/undo`)
    expect(addresses(await roster.page(path))).toContain(`/exchange${path}/undo`)
    const asked = readable(await roster.page(`${path}/undo`))
    expect(asked).toContain("1 updated records get the values from before.")
    expect(asked).toContain("The district's imports are paused")
    expect((await world.roster.run(run.id)).state).toBe("applied")

    const answer = await roster.post(`${path}/undo`, { why: "Wrong school year" })
    const undoPath = answer.headers.get("location")?.replace("/exchange", "") ?? ""
    expect(readable(await roster.page(undoPath))).toMatch(/Undo details .* Takes back .* Wrong school year/)
    const text = readable(await roster.page(path))
    expect(text).toContain("Undone by ada")
    expect(addresses(await roster.page(path))).toContain(`/exchange${undoPath}`)
    expect(addresses(await roster.page(path))).not.toContain(`/exchange${path}/undo`)
    expect(await audited(roster)).toEqual(
      expect.arrayContaining(["run-undone by ada", "connection-paused by ada"]),
    )
  })

  test("page through changes, and find a record by Clever id or sis_id", async () => {
    const roster = await ConsoleRoster.start({ storage, users: 120 })
    const { world } = roster
    const run = await world.bulk()
    const path = roster.path(`history/${run.id}`)
    const seen: string[] = []
    let at: string | undefined = path
    while (at !== undefined) {
      const page = await roster.page(at)
      seen.push(...[...page.matchAll(/<h3>[^<]*(?:<a[^>]*>)?<code>([^<]+)/g)].map(([, id = ""]) => id))
      at = addresses(page)
        .find((address) => address.includes("after="))
        ?.replace("/exchange", "")
        .replace(/#.*/, "")
    }
    expect(seen).toEqual((await world.changes(run)).map(({ id }) => id))

    const user = (world.district.records("user") as unknown as User[]).find(
      ({ roles }) => roles?.student?.sis_id,
    )
    const sisId = String(user?.roles?.student?.sis_id)
    for (const find of [String(user?.id), sisId]) {
      const text = readable(await (await roster.post(`${path}/search`, { find })).text())
      expect(text).toContain(`User ${user?.id} Created`)
      expect(text).toContain("Found: 1")
    }
    const none = readable(await (await roster.post(`${path}/search`, { find: "nobody's" })).text())
    expect(none).toContain("Nothing in this import has this id")
    expect((await roster.post(`${path}/search`, { find: " " })).status).toBe(303)
  })

  test("list rejected records with their reason, page by page", async () => {
    const roster = await ConsoleRoster.start({ storage, users: 300 })
    const { world } = roster
    const bad = new Set(world.ids("user").slice(0, 12))
    world.source.alterItems = (_, items) =>
      items.map((item) => {
        const record = JSON.parse(item)
        return bad.has(record.id) ? JSON.stringify({ ...record, district: "0".repeat(24) }) : item
      })
    const run = await world.bulk()
    const path = roster.path(`history/${run.id}`)
    const page = await roster.page(path)
    expect(readable(page)).toContain("Rejected records (12)")
    expect((readable(page).match(/It belongs to another district district/g) ?? []).length).toBe(10)
    const all = readable(await roster.page(`${path}/rejected`))
    for (const id of bad) expect(all).toContain(id)
  })

  test("download every change as CSV, with formulas disarmed, and answer before it is all read", async () => {
    const roster = await ConsoleRoster.start({ storage, users: 200 })
    const { world } = roster
    const [id] = world.ids("user") as [string]
    await world.bulk()
    for (const record of world.district.records("section")) {
      world.district.edit("section", String(record.id), { name: "Renamed" })
    }
    world.district.edit("user", id, { name: { last: "=cmd|' /C calc'!A0" } })
    const run = await world.delta()
    const answer = await roster.get(roster.path(`history/${run.id}/changes.csv`))
    expect(answer.headers.get("content-type")).toBe("text/csv; charset=utf-8")
    expect(answer.headers.get("content-disposition")).toBe(`attachment; filename="import-${run.id}.csv"`)
    expect(answer.headers.get("cache-control")).toBe("no-store")
    const lines = (await answer.text()).split("\r\n")
    expect(lines[0]).toBe("kind,id,action,field,before,after")
    const ids = new Set(lines.slice(1, -1).map((line) => line.split(",")[1]))
    expect(ids.size).toBe((await world.changes(run)).length)
    expect(lines.some((line) => /^[^"]*,=/.test(line))).toBe(false)
    expect(lines.find((line) => line.includes("=cmd"))).toMatch(/,"'=cmd[^"]*"$/)

    const cut = await roster.get(roster.path(`history/${run.id}/changes.csv`))
    await cut.body?.cancel()
  })

  test("say so where the changes were purged, and where the import failed", async () => {
    const roster = await ConsoleRoster.start({ storage, roster: { retention: { changesDays: 1 } } })
    const { world } = roster
    const first = await world.bulk()
    world.district.nextDay()
    world.clock.advance(3 * dayMs)
    await world.bulk()
    const path = roster.path(`history/${first.id}`)
    const text = readable(await roster.page(path))
    expect(text).toMatch(/The changes were kept until \d{4}-\d\d-\d\d/)
    const csv = await roster.get(`${path}/changes.csv`)
    expect([csv.status, csv.headers.get("content-type")]).toEqual([410, "text/html; charset=utf-8"])
    expect(roster.failures).toEqual([])
  })
})
