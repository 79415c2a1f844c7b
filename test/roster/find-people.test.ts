import { describe, expect, it } from "vitest"
import type { RecordPatch } from "../../src/simulator/index.ts"
import { RosterWorld, storageNames } from "../support/roster-world.ts"

describe.each(storageNames)("looking people up, on %s", (storage) => {
  async function worldWith(names: Record<string, RecordPatch>) {
    const world = new RosterWorld({ storage })
    const ids: Record<string, string> = {}
    for (const [key, fields] of Object.entries(names)) {
      ids[key] = world.district.add("user", { roles: { student: {} } })
      world.district.edit("user", ids[key], fields)
    }
    await world.bulk()
    const find = async (text: string) =>
      (await world.roster.findPeople({ districtId: world.districtId, text })).people.map(({ id }) => id)
    return { world, ids, find }
  }

  it("finds them by Clever id, sis_id, address and the beginnings of their names", async () => {
    const { world, ids, find } = await worldWith({
      maria: {
        name: { first: "María-José", middle: "", last: "O’Neil Zzyzx" },
        email: "Maria@d.example",
        roles: { student: { sis_id: "S-77" } },
      },
    })
    const maria = [ids.maria]
    expect(await find(String(ids.maria))).toEqual(maria)
    expect(await find("S-77")).toEqual(maria)
    expect(await find(" maria@D.example ")).toEqual(maria)
    for (const name of ["zzyzx", "Zzyzx, maria", "jose zzy", "o'neil zzyzx", "MARÍA zzyzx"]) {
      expect(await find(name)).toEqual(maria)
    }
    for (const text of ["yzx", "maria@d", "zzyzx peter", "", "  ", "@", "''"])
      expect(await find(text)).toEqual([])
    const { people } = await world.roster.findPeople({ districtId: world.districtId, text: "S-77" })
    expect(people).toMatchObject([
      { state: "active", name: "María-José O’Neil Zzyzx", email: "Maria@d.example", roles: ["student"] },
    ])
    expect(people[0]?.sisIds).toEqual(["S-77"])
  })

  it("finds who was archived as well, and goes on where an answer ends", async () => {
    const { world, ids, find } = await worldWith(
      Object.fromEntries(["a", "b", "c", "d", "e"].map((key) => [key, { name: { last: "Zzyzx" } }])),
    )
    world.district.unshare({ ids: [String(ids.b)] })
    await world.delta()
    const all = Object.values(ids).sort()
    expect(await find("zzyzx")).toEqual(all)
    const found: string[] = []
    for (let after: string | undefined; ; ) {
      const search = { districtId: world.districtId, text: "zzyzx", after, limit: 2 }
      const { people, next, looked } = await world.roster.findPeople(search)
      expect(looked).toBeGreaterThan(0)
      found.push(...people.map(({ id }) => id))
      if (next === null) break
      after = next
    }
    expect(found).toEqual(all)
    expect(
      (await world.roster.findPeople({ districtId: world.districtId, text: String(ids.b) })).people,
    ).toMatchObject([{ id: ids.b, state: "archived" }])
  })

  it("sees what the scope keeps", async () => {
    const { world, ids } = await worldWith({
      maria: { name: { last: "Zzyzx" }, email: "maria@d.example", roles: { student: { sis_id: "S-77" } } },
    })
    const { districtId } = world
    const place = { districtId, kind: "user", id: String(ids.maria) } as const
    expect(await world.roster.record(place)).toMatchObject({
      state: "active",
      data: { email: "maria@d.example" },
    })
    const person = { id: ids.maria, state: "active", name: "Zzyzx", email: "maria@d.example" }
    expect(await world.roster.person(place)).toMatchObject(person)
    const narrow = world.another({ scope: { fields: { user: ["roles.student.sis_id"] } } })
    expect((await narrow.findPeople({ districtId, text: "zzyzx" })).people).toEqual([])
    expect((await narrow.findPeople({ districtId, text: "S-77" })).people).toMatchObject([
      { id: ids.maria, name: null, email: null },
    ])
    expect(await narrow.person(place)).toMatchObject({ id: ids.maria, name: null, email: null })
    expect((await narrow.record(place))?.data).not.toHaveProperty("email")
    const without = world.another({ scope: { roles: ["teacher"] } })
    expect((await without.findPeople({ districtId, text: "S-77" })).people).toEqual([])
    expect(await without.record(place)).toBeUndefined()
    expect(await without.person(place)).toBeUndefined()
    // What is looked for is an id, whatever else it may be.
    expect(await world.roster.person({ districtId, id: "Zzyzx" })).toBeUndefined()
    expect(await world.roster.record({ ...place, id: "nobody" })).toBeUndefined()
  })
})
