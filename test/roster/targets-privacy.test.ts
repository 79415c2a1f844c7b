import { describe, expect, it } from "vitest"
import type { User } from "../../src/models/index.ts"
import type { TargetChange } from "../../src/roster/index.ts"
import { codeOf } from "../support/roster-world.ts"
import { TargetWorld } from "../support/target-world.ts"

/** What the records hold that must not come out, each in the forms in which an error may quote it. */
const canaries = [
  "Zephyrine",
  "Quillfeather",
  "Marguerite",
  "zq-canary",
  "school.example",
  "SIS-774411",
  "774411",
  "3/29/2012",
]

/** Errors as databases, query builders and apps throw them, with everything in them that they could get hold of. */
const errors: [string, (change: TargetChange) => unknown][] = [
  ["the whole record", ({ after }) => new Error(`can't store ${JSON.stringify(after)}`)],
  [
    "PostgreSQL's detail",
    ({ after }) =>
      Object.assign(new Error(`duplicate key: Key (email)=(${(after as User).email}) already exists`), {
        code: "23505",
        detail: `Key (email)=(${(after as User).email}) already exists.`,
      }),
  ],
  [
    "a query with its parameters",
    ({ after }) =>
      new Error(
        `Failed query: insert into "people" values ($1, $2)\nparams: ${(after as User).name?.first},12`,
        {
          cause: Object.assign(new Error(`value too long: ${(after as User).name?.last}`), { code: "22001" }),
        },
      ),
  ],
  [
    "a name put together",
    ({ after }) =>
      new Error(`${(after as User).name?.last}, ${(after as User).name?.first?.toUpperCase()}: no`),
  ],
  [
    "a part of a name",
    ({ after }) => new TypeError(`bad name part "${(after as User).name?.first?.split(" ")[1]}"`),
  ],
  ["an address in lower case", ({ after }) => new Error(`<${(after as User).email?.toLowerCase()}> bounced`)],
  [
    "a code that is none",
    ({ after }) => Object.assign(new Error("no"), { code: (after as User).name?.last }),
  ],
  ["a name of an error", ({ after }) => Object.assign(new Error("no"), { name: (after as User).email })],
  ["no error", ({ after }) => (after as User).name?.first],
  ["an object", ({ after }) => ({ message: (after as User).email, code: "X1" })],
]

describe("S23 what a delivery tells of itself", () => {
  it.each(errors)(
    "S23 has nothing of a record in it, whatever the target's error quotes: %s",
    async (_, makeError) => {
      const world = new TargetWorld()
      await world.bulk()
      await world.deliver()
      const [id = "", other = ""] = world.ids("user")
      const { districtId: district } = world
      const pupil = {
        id: "100000000000000000000001",
        district,
        email: "ZQ-Canary@school.example",
        name: { first: "Zephyrine Marguerite", last: "Quillfeather" },
        roles: { student: { sis_id: "SIS-774411", dob: "3/29/2012", grade: "7" } },
      }
      world.district.add("user", pupil)
      for (const each of [id, other]) world.district.edit("user", each, { email: `${each}@new.example` })
      await world.delta()
      world.app.beforeChange = (change) => {
        if (change.id === pupil.id) throw makeError(change)
      }
      const said: unknown[] = [await world.deliver()]
      expect(said[0]).toMatchObject({ stuck: 1 })
      const letters = await world.letters()
      said.push(letters, world.events, await world.delivery.lag({ districtId: district }))
      said.push(await world.delivery.replay({ all: true }), await world.letters(), world.events)
      for (const collection of ["deliveries", "delivery-places", "dead-letters", "replay-requests"]) {
        said.push(await world.plain.listDocuments({ collection, limit: 1_000 }))
      }
      // While the target is down altogether, and when the storage fails in the middle of it.
      world.app.beforeChange = (change) => {
        throw makeError({ ...change, after: pupil } as TargetChange)
      }
      world.district.edit("user", id, { email: `${id}@newer.example` })
      await world.delta()
      const down = await world.deliver()
      expect(down.state).toBe("waiting")
      said.push(down, world.events)
      world.hooks.beforeCall = (method) => {
        if (method === "listChanges") throw new Error("storage")
      }
      said.push(await codeOf(world.deliver()))

      const text = JSON.stringify(said)
      expect(text).toContain(pupil.id)
      for (const canary of canaries) expect(text.toLowerCase(), canary).not.toContain(canary.toLowerCase())
      const [letter] = letters
      expect(letter?.message?.length).toBeGreaterThan(1)
      expect(letter?.message?.length).toBeLessThanOrEqual(200)
    },
  )

  it("S23 what is left of a message says what is wrong", async () => {
    const world = new TargetWorld()
    await world.bulk()
    await world.deliver()
    const ids = [1, 2, 3, 4].map((number) => `10000000000000000000000${number}`)
    const name = { first: "Zephyrine", last: "Quillfeather" }
    for (const id of ids)
      world.district.add("user", { id, district: world.districtId, name, roles: { staff: {} } })
    await world.delta()
    const messages = [
      'null value in column "email" of relation "people" violates not-null constraint',
      "UNIQUE constraint failed: people.email",
      'insert or update on table "classes" violates foreign key constraint "classes_school_fkey"',
    ]
    world.app.beforeChange = ({ id }) => {
      const message = messages[ids.indexOf(id)]
      if (message !== undefined) throw Object.assign(new Error(message), { code: "23502" })
    }
    await world.deliver()
    const letters = await world.letters()
    expect(letters.map(({ message, code }) => [code, message])).toEqual(
      messages.map((message) => ["23502", `Error: ${message}`]),
    )
  })
})
