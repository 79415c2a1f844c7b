import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { type AccountQuery, LoginResolver, type LoginResolverOptions } from "../../../src/entries/accounts.ts"
import type { User } from "../../../src/index.ts"
import { parseRecord } from "../../../src/models/parse-record.ts"
import { recordKeys } from "../../../src/models/record-keys.ts"
import type { StagedChange } from "../../../src/storage/contract.ts"
import { MemoryStorage } from "../../../src/storage/memory/index.ts"
import { importChanges } from "../../../src/testing/fixtures.ts"
import { identityOf, libraryIdentity } from "./login-world.ts"

const districts = ["district-a", "district-b", "district-c"]
const word = fc.constantFrom("1", "2", "3", "4")
const email = fc.constantFrom("x@d.example", "X@D.example", "y@d.example")
const fields = [
  "clever_id",
  "legacy_id",
  "sis_id",
  "student_number",
  "state_id",
  "teacher_number",
  "staff_id",
  "email",
] as const

const personOf = (index: number) =>
  fc
    .record({
      district: fc.constantFrom(...districts),
      email: fc.option(email, { nil: undefined }),
      student: fc.boolean(),
      values: fc.record({
        sis_id: word,
        student_number: word,
        state_id: word,
        staff_id: word,
        teacher_number: word,
      }),
      legacy: fc.option(word, { nil: undefined }),
    })
    .map(({ district, email: address, student, values, legacy }): User => {
      const { sis_id, student_number, state_id, staff_id, teacher_number } = values
      const legacy_id = legacy === undefined ? undefined : `old-${legacy}`
      const roles = student
        ? { student: { sis_id, student_number, state_id } }
        : { teacher: { sis_id, teacher_number, state_id, legacy_id }, staff: { staff_id } }
      return { id: `person-${index}`, district, email: address, roles }
    })

const people = fc.tuple(...Array.from({ length: 8 }, (_, index) => personOf(index)))

/** An app whose accounts hold anything, and which may forget to look at district or role. */
const accounts = fc.array(
  fc.record({
    id: fc.constantFrom("a1", "a2", "a3", "a4", "a5", "a6"),
    districtId: fc.option(fc.constantFrom(...districts), { nil: undefined }),
    field: fc.constantFrom(...fields),
    value: fc.oneof(word, email, fc.constantFrom("person-0", "person-1", "old-1", "old-2")),
    emailVerified: fc.boolean(),
  }),
  { maxLength: 25 },
)

const options = fc.record({
  matchEmail: fc.boolean(),
  library: fc.boolean(),
  linkPolicy: fc.constantFrom("never" as const, "when-both-verified" as const),
})

const logins = fc.array(
  fc.record({
    person: fc.nat({ max: 7 }),
    library: fc.boolean(),
    emailVerified: fc.boolean(),
    together: fc.boolean(),
  }),
  { minLength: 4, maxLength: 25 },
)

function staged(user: User): StagedChange {
  const data = JSON.stringify(user)
  const parsed = parseRecord("user", JSON.parse(data), { districtId: user.district })
  if (!parsed.ok) throw new Error(parsed.reason)
  const keys = recordKeys("user", parsed.record)
  return { action: "create", kind: "user", id: user.id, data, raw: user.id, canonical: user.id, keys }
}

describe("R10 R11 S26 whatever people, accounts and logins there are", () => {
  it("no login links two people to one account, or anybody across districts, or by anything ambiguous", async () => {
    await fc.assert(
      fc.asyncProperty(people, accounts, options, logins, async (users, held, chosen, tries) => {
        const storage = new MemoryStorage()
        await storage.open()
        for (const districtId of districts) {
          const mode = districtId === "district-c" ? "sso" : "sso+provisioning"
          await storage.saveConnection({
            districtId,
            name: "",
            mode,
            state: "active",
            steps: [],
            settings: {},
          })
          const own = users.filter((user) => user.district === districtId)
          if (own.length > 0)
            await importChanges(storage, own.map(staged), { districtId, runId: `run ${districtId}` })
        }
        const fits = (one: (typeof held)[number], query: Pick<AccountQuery, "field" | "value">) =>
          one.field === query.field && one.value === query.value
        const app: LoginResolverOptions["accounts"] = {
          find: (identity) =>
            held
              .filter((one) => one.field === "clever_id" && one.value === identity.cleverId)
              .map(({ id }) => id),
          findBy: async (query) =>
            held
              .filter((one) => fits(one, query) && (one.districtId ?? query.districtId) === query.districtId)
              .map(({ id }) => id),
          findByEmail: (query) =>
            held
              .filter((one) => fits(one, { field: "email", value: query.email }))
              .map(({ id, emailVerified }) => ({ accountId: id, emailVerified })),
        }
        const resolver = new LoginResolver({ storage, accounts: app, ...chosen })
        let under: Promise<unknown>[] = []
        for (const { person, library, emailVerified, together } of tries) {
          const user = users[person] as User
          const extra = { email: user.email ?? null, emailVerified }
          const identity = library ? libraryIdentity(user, extra) : identityOf(user, extra)
          under.push(
            resolver.resolveLogin(identity).then((result) => {
              if (library && !chosen.library) expect(result.outcome).toBe("district-not-connected")
              if (result.outcome !== "linked") return
              expect(result.accountId).toBe(result.link?.accountId ?? null)
              if (result.link !== null) expect(result.link.cleverId).toBe(user.id)
              if (result.record !== null) expect(result.record.id).toBe(user.id)
            }),
          )
          if (!together) {
            await Promise.all(under)
            under = []
          }
        }
        await Promise.all(under)

        const links = await storage.listLinks({ limit: 100 })
        expect(new Set(links.map(({ accountId }) => accountId)).size).toBe(links.length)
        for (const link of links) {
          const user = users.find(({ id }) => id === link.cleverId)
          expect([user?.district, null]).toContain(link.districtId)
          const own = held.filter((one) => one.id === link.accountId)
          const field = link.linkedBy.replace("match:", "")
          if (link.linkedBy === "match:email")
            expect(chosen.matchEmail || chosen.linkPolicy !== "never").toBe(true)
          if (link.linkedBy !== "accounts.find") expect(own.map((one) => one.field)).toContain(field)
          if (["sis_id", "student_number", "state_id", "staff_id", "teacher_number"].includes(field)) {
            const role = user?.roles?.student === undefined ? ["teacher", "staff"] : ["student"]
            const values = (one: User | undefined) =>
              role.map((name) => (one?.roles as Record<string, Record<string, string>>)?.[name]?.[field])
            const mine = values(user).filter((value) => value !== undefined)
            const rivals = users.filter(
              (one) =>
                one.id !== user?.id &&
                one.district === user?.district &&
                values(one).some((value) => value !== undefined && mine.includes(value)),
            )
            expect(rivals).toEqual([])
          }
        }
        await storage.close()
      }),
      { numRuns: 300 },
    )
  })
})
