import { describe, expect, test } from "vitest"
import { LoginResolver } from "../../src/entries/accounts.ts"
import { AuditLog } from "../../src/entries/exchange.ts"
import type { User } from "../../src/models/index.ts"
import { ConsoleRoster } from "../support/console-roster.ts"
import { addresses, readable } from "../support/page-text.ts"
import { type StorageName, storageNames } from "../support/roster-world.ts"

const viewer = { actor: "vera", can: ["view"] } as const

async function imported(storage: StorageName, options: Parameters<typeof ConsoleRoster.start>[0] = {}) {
  const roster = await ConsoleRoster.start({ storage, users: 80, ...options })
  await roster.world.bulk()
  return roster
}

function studentOf({ world }: ConsoleRoster): User {
  const users = world.district.records("user") as unknown as User[]
  return users.find(({ roles }) => roles?.student?.sis_id) as User
}

describe.each(storageNames)("People, on %s", (storage) => {
  test("finds somebody by POST, and leads to a page with nothing personal in its address", async () => {
    const roster = await imported(storage)
    const { world } = roster
    const student = studentOf(roster)
    world.district.edit("user", student.id, {
      name: { first: "Maria", last: "Zzyzx" },
      email: "maria@d.example",
    })
    await world.delta()
    expect(readable(await roster.page(roster.path("people")))).toContain("Look somebody up")
    const sisId = String(student.roles?.student?.sis_id)
    for (const who of [student.id, sisId, "maria@d.example", "zzyzx", "mar zzy"]) {
      const answer = await roster.post(roster.path("people"), { who }, viewer)
      const page = await answer.text()
      expect(answer.status).toBe(200)
      expect(readable(page)).toMatch(/Found: 1 .*Maria .*Zzyzx Student/)
      expect(addresses(page)).toContain(`/exchange${roster.path(`people/${student.id}`)}`)
      expect(addresses(page).join("\n").toLowerCase()).not.toContain("zzyzx")
      expect(addresses(page).join("\n")).not.toContain(sisId)
    }
    const nobody = readable(await (await roster.post(roster.path("people"), { who: "nobody at all" })).text())
    expect(nobody).toContain("Nobody found")
    const unknown = "5".repeat(24)
    const asked = await (await roster.post(roster.path("people"), { who: unknown })).text()
    expect(addresses(asked)).toContain(`/exchange${roster.path(`people/${unknown}`)}`)
  })

  test("says whether somebody can log in, and if not, why and what to do", async () => {
    const roster = await imported(storage)
    const { world, connections } = roster
    const { id } = studentOf(roster)
    const path = roster.path(`people/${id}`)
    const text = async (at = path) => readable(await roster.page(at, viewer))
    expect(await text()).toMatch(/Can they log in\? Yes .* none linked: the roster's record stands for them/)
    await connections.pause(world.districtId, { by: "ada" })
    expect(await text()).toMatch(/Can they log in\? Yes .* Imports of the district are paused/)
    await connections.resume(world.districtId, { by: "ada" })

    const added = world.district.add("user", { roles: { student: {} } })
    const newcomer = await text(roster.path(`people/${added}`))
    expect(newcomer).toMatch(/No: not imported yet .* At Clever Found .* The next import would create them/)
    expect(newcomer).toContain("The roster has no record of them.")

    world.district.unshare({ ids: [id] })
    await world.delta()
    const archived = await text()
    expect(archived).toMatch(/No: archived .* At Clever Not found/)
    expect(archived).toMatch(/History .* Delta Archived/)

    await connections.disconnect(world.districtId, { by: "ada" })
    expect(await text()).toContain("No: the district is not connected")
    const nobody = await text(roster.path(`people/${"5".repeat(24)}`))
    expect(nobody).toContain("Somebody who is not imported")
    expect((await roster.get(roster.path("people/no%20id%21"))).status).toBe(400)
  })

  test("says what keeps roles out, and what the app has set itself", async () => {
    const roster = await imported(storage, { roster: { ownership: { user: { "name.first": "app" } } } })
    const { world } = roster
    const contact = (world.district.records("user") as unknown as User[]).find(({ roles }) => roles?.contact)
    const logins = new LoginResolver({ storage: world.plain, allowedRoles: ["student"] })
    expect(
      await logins.rehearse({ districtId: world.districtId, cleverId: contact?.id ?? "" }),
    ).toMatchObject({
      outcome: "role-not-allowed",
    })
    const place = { districtId: world.districtId, kind: "user", id: contact?.id ?? "" } as const
    await world.roster.override({ ...place, path: "name.first", value: "Nickname", by: "ada" })
    const page = readable(await roster.page(roster.path(`people/${contact?.id}`)))
    expect(page).toContain("The app's own values stand in for Clever's: name.first")
    expect(page).toMatch(/name\.first the app's own Nickname/)
  })
})

describe.each(storageNames)("Review, on %s", (storage) => {
  async function doubtful() {
    const entries: { accountId: string; sisId: string }[] = []
    const accounts = {
      async *list() {
        yield* entries
      },
    }
    const roster = await imported(storage, { accounts })
    const { world } = roster
    const students = (world.district.records("user") as unknown as User[]).filter(
      ({ roles }) => roles?.student?.sis_id,
    )
    const [one, other] = students.slice(0, 2) as [User, User]
    for (const { id, roles } of [one, other]) {
      for (const letter of ["a", "b"]) {
        entries.push({ accountId: `${letter}-${id.slice(-3)}`, sisId: String(roles?.student?.sis_id) })
      }
    }
    const { AccountMatching } = await import("../../src/entries/accounts.ts")
    await new AccountMatching({ storage: world.plain, accounts, clock: world.now }).match({
      districtId: world.districtId,
    })
    return { roster, world, one, other }
  }

  test("lists what is open with its candidates; a decision links, or keeps apart, in somebody's name", async () => {
    const { roster, world, one, other } = await doubtful()
    const path = roster.path("review")
    const page = await roster.page(path)
    expect(readable(page)).toMatch(/Which account is this person's\? .* Several accounts have the same value/)
    expect(readable(page)).toContain(`Account a-${one.id.slice(-3)}`)
    const review = `${world.districtId}:account:${one.id}`
    const link = `a-${one.id.slice(-3)}`
    expect(await roster.page(path, viewer)).not.toContain('name="review"')
    expect((await roster.post(path, { review, link }, viewer)).status).toBe(403)
    const made = await roster.post(path, { review, link: "nobody's" })
    expect(made.status).toBe(400)
    expect((await roster.post(path, { review, link })).status).toBe(303)
    expect((await world.plain.listLinks({ limit: 5 })).map(({ accountId }) => accountId)).toEqual([link])
    const person = readable(await roster.page(roster.path(`people/${one.id}`)))
    expect(person).toMatch(/Can they log in\? Yes .* Account a-/)
    expect(readable(await roster.page(roster.path(`people/${other.id}`)))).toContain("No: it is not decided")

    const apart = `${world.districtId}:account:${other.id}`
    expect((await roster.post(path, { review: apart, "keep-apart": "yes", link })).status).toBe(403)
    expect((await roster.post(path, { review: apart, "keep-apart": "yes" })).status).toBe(303)
    const left = readable(await roster.page(path))
    expect(left).toContain("Nothing to decide")
    expect(readable(await roster.page(`${path}?state=linked`))).toContain("Decided by ada")
    const again = await roster.post(path, { review, link })
    expect(readable(await again.text())).toContain("This is decided already")
    const { entries } = await new AuditLog({ storage: world.plain }).list({ limit: 2 })
    expect(entries.map(({ action, by }) => `${action} by ${by}`)).toEqual([
      "review-decided by ada",
      "review-decided by ada",
    ])
  })

  test("shows people who may have been given a new Clever id, beside who they may have been", async () => {
    const roster = await imported(storage)
    const { world } = roster
    const former = studentOf(roster)
    const { name, email, roles } = former
    world.district.unshare({ ids: [former.id] })
    await world.delta()
    const id = world.district.add("user", { roles: { student: {} } })
    world.district.edit("user", id, JSON.parse(JSON.stringify({ name, email, roles })))
    await world.delta()
    const { AccountMatching } = await import("../../src/entries/accounts.ts")
    await new AccountMatching({ storage: world.plain, clock: world.now }).match({
      districtId: world.districtId,
    })
    const text = readable(await roster.page(roster.path("review")))
    expect(text).toContain("Is this somebody who was archived under another Clever id?")
    expect(text).toMatch(new RegExp(`${id}.*Candidates.*Archived.*${former.id}`))
  })

  test("decides nothing of another district", async () => {
    const { roster, one } = await doubtful()
    const other = "58a1000000000000000000ff"
    await roster.connections.connect(roster.world.districtId, { mode: "sso+provisioning", by: "ada" })
    const review = `${other}:account:${one.id}`
    const answer = await roster.post(roster.path("review"), { review, link: "a" })
    expect([answer.status, readable(await answer.text()).includes("There is no such review")]).toEqual([
      404,
      true,
    ])
  })
})
