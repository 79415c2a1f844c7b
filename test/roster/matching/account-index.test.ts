import fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { AccountEntry } from "../../../src/entries/accounts.ts"
import { type Role, roles } from "../../../src/index.ts"
import { AccountIndex } from "../../../src/roster/matching/account-index.ts"
import { KeyTable } from "../../../src/roster/matching/key-table.ts"
import type { MatchQuestion } from "../../../src/roster/matching/match-subject.ts"
import { TentativeMatches } from "../../../src/roster/matching/tentative-matches.ts"
import { TextPack } from "../../../src/roster/matching/text-pack.ts"

const text = fc.string({ unit: "grapheme", maxLength: 12 })

describe("S26 what the accounts of a district are held in", () => {
  it("S26 texts are numbered in their order and found again, however many there are", () => {
    const table = new KeyTable()
    const count = 200_000
    for (let number = 0; number < count; number++) expect(table.add(`key ${number}`)).toBe(number)
    expect(table.size).toBe(count)
    for (let number = 0; number < count; number += 997) {
      expect(table.find(`key ${number}`)).toBe(number)
      expect(table.add(`key ${number}`)).toBe(number)
    }
    expect(table.find("key -1")).toBeUndefined()
    expect(table.size).toBe(count)
  })

  it("S26 a table of texts does as a map does", () => {
    fc.assert(
      fc.property(fc.array(text), fc.array(text), (added, asked) => {
        const table = new KeyTable()
        const map = new Map<string, number>()
        for (const one of added) {
          if (!map.has(one)) map.set(one, map.size)
          expect(table.add(one)).toBe(map.get(one))
        }
        for (const one of [...asked, ...added]) expect(table.find(one)).toBe(map.get(one))
      }),
    )
  })

  it("S26 packed texts come back as they went in", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(text, fc.string({ minLength: 3_000, maxLength: 9_000 }))), (texts) => {
        const pack = new TextPack()
        for (const [number, one] of texts.entries()) expect(pack.add(one)).toBe(number)
        expect(texts.map((_, number) => pack.get(number))).toEqual(texts)
        expect(pack.size).toBe(texts.length)
      }),
    )
  })

  const role = fc.constantFrom<Role | undefined>(undefined, ...roles)
  const word = fc.constantFrom("1", "2", "3", "A@d.example", "a@d.example")
  const entry = fc.record(
    {
      accountId: fc.constantFrom("a1", "a2", "a3", "a4", "a5", "a6"),
      role,
      sisId: word,
      stateId: word,
      email: word,
      cleverId: word,
      legacyIds: fc.array(word, { maxLength: 2 }),
    },
    { requiredKeys: ["accountId"] },
  )
  const question = fc.record({
    role: fc.constantFrom<Role>("student", "teacher", "staff"),
    field: fc.constantFrom("sis_id" as const, "state_id" as const, "email" as const, "legacy_id" as const),
    value: word,
  })

  it("S26 finds exactly the accounts of the role that have the value, and whether one of them is unclear", () => {
    fc.assert(
      fc.property(
        fc.array(entry, { maxLength: 12 }),
        fc.array(question),
        fc.boolean(),
        (entries, asked, matchEmail) => {
          const index = new AccountIndex({ matchEmail })
          const seen = new Map<string, AccountEntry[]>()
          for (const one of entries) {
            expect(index.add(one)).toBe(!seen.has(one.accountId))
            seen.set(one.accountId, [...(seen.get(one.accountId) ?? []), one])
          }
          for (const one of asked) {
            const ofClever = one.field === "legacy_id"
            const query: MatchQuestion = ofClever ? { ...one, role: null } : one
            const values = ({ sisId, stateId, email, cleverId, legacyIds }: AccountEntry) => {
              if (one.field === "sis_id") return [sisId]
              if (one.field === "state_id") return [stateId]
              if (one.field === "email") return matchEmail ? [email?.toLowerCase()] : []
              return [cleverId, ...(legacyIds ?? [])]
            }
            const value = one.field === "email" ? one.value.toLowerCase() : one.value
            const expected = [...seen].filter(([, all]) => {
              const ofRoles = new Set(all.map((each) => each.role))
              const fits = ofClever || ofRoles.size > 1 || ofRoles.has(undefined) || ofRoles.has(one.role)
              return fits && all.some((each) => values(each).includes(value))
            })
            const found = index.find("user", query).map((account) => index.accountId(account))
            expect(found.toSorted()).toEqual(expected.map(([id]) => id).toSorted())
            expect(index.isUnclear("user", query)).toBe(expected.some(([, all]) => all.length > 1))
            expect(index.find("school", query)).toEqual([])
          }
        },
      ),
      { numRuns: 300 },
    )
  })

  it("S26 counts each person once for a value in a role, and an e-mail address in whatever role", () => {
    const index = new AccountIndex({ matchEmail: true })
    index.add({ accountId: "a1", sisId: "1", email: "x@d.example", cleverId: "1" })
    const ask = (role: Role | null, field: MatchQuestion["field"], value: string): MatchQuestion => ({
      role,
      field,
      value,
    })
    index.count("user", [
      ask("teacher", "email", "x@d.example"),
      ask("staff", "email", "X@d.example "),
      ask(null, "email", "x@d.example"),
      ask("student", "sis_id", "1"),
      ask("student", "sis_id", "unknown"),
    ])
    expect(index.people("user", ask("staff", "email", "x@d.example"))).toBe(1)
    expect(index.people("user", ask("student", "sis_id", "1"))).toBe(1)
    expect(index.people("user", ask("teacher", "sis_id", "1"))).toBe(0)
    expect(index.people("user", ask(null, "legacy_id", "1"))).toBe(0)
    expect(index.people("user", ask("student", "sis_id", "unknown"))).toBe(0)
    for (let person = 0; person < 5; person++) {
      index.count("user", [ask("teacher", "sis_id", "1"), ask("contact", "email", "x@d.example")])
    }
    expect(index.people("user", ask("teacher", "sis_id", "1"))).toBe(2)
    expect(index.people("user", ask("student", "sis_id", "1"))).toBe(1)
    expect(index.people("user", ask("student", "email", "x@d.example"))).toBe(2)
    index.clearPeople()
    expect(index.people("user", ask("teacher", "sis_id", "1"))).toBe(0)
    index.watch("user", ask(null, "legacy_id", "old-1"))
    index.count("user", [ask(null, "clever_id", "old-1")])
    expect(index.people("user", ask(null, "legacy_id", "old-1"))).toBe(1)
    expect(index.find("user", ask(null, "legacy_id", "old-1"))).toEqual([])
  })

  it("S26 keeps only accounts that are asked for, if those are known, with all their values", () => {
    const wanted = new KeyTable()
    wanted.add(JSON.stringify(["user", "sis_id", "1"]))
    const index = new AccountIndex({ matchEmail: true, wanted })
    index.add({ accountId: "a1", sisId: "1", stateId: "1" })
    index.add({ accountId: "a2", sisId: "2" })
    expect(index.size).toBe(2)
    expect(index.find("user", { role: "student", field: "sis_id", value: "1" })).toEqual([1])
    expect(index.find("user", { role: "student", field: "state_id", value: "1" })).toEqual([1])
    expect(index.add({ accountId: "a2", sisId: "3" })).toBe(false)
  })

  it("S26 an entry that can't be used is nobody's account, and speaks against who has its values", () => {
    const index = new AccountIndex({ matchEmail: true })
    index.addUnusable({ accountId: "", sisId: "1", role: "pupil" as Role })
    const query: MatchQuestion = { role: "student", field: "sis_id", value: "1" }
    expect(index.find("user", query)).toEqual([])
    expect(index.isUnclear("user", query)).toBe(true)
    index.add({ accountId: "a1", sisId: "1" })
    expect(index.find("user", query).map((account) => index.accountId(account))).toEqual(["a1"])
    expect(index.isUnclear("user", query)).toBe(true)
  })

  it("S26 a value of which it can't be told where it belongs speaks against who has it, in whatever field", () => {
    const wanted = new KeyTable()
    wanted.add(JSON.stringify(["user", "sis_id", "S1"]))
    for (const index of [
      new AccountIndex({ matchEmail: true }),
      new AccountIndex({ matchEmail: true, wanted }),
    ]) {
      index.add({ accountId: "a1", sisId: "S1", stateId: "S2", email: "x@d.example" })
      index.addUnusable({ unusable: "cell-count", line: 3, texts: ["S1", "X@D.example"] })
      index.addUnusable({ unusable: "cell-count", line: 4 })
      const isUnclear = (field: MatchQuestion["field"], value: string) =>
        index.isUnclear("user", { role: "student", field, value })
      expect(isUnclear("sis_id", "S1")).toBe(true)
      expect(isUnclear("email", "x@D.example")).toBe(true)
      expect(isUnclear("state_id", "S2")).toBe(false)
    }
  })

  it("S26 of a value that very many accounts have nothing can be told", () => {
    const index = new AccountIndex({ matchEmail: true })
    const query: MatchQuestion = { role: "student", field: "sis_id", value: "0" }
    for (let number = 0; number < 63; number++) index.add({ accountId: `a${number}`, sisId: "0" })
    expect([index.find("user", query).length, index.isUnclear("user", query)]).toEqual([63, false])
    for (let number = 63; number < 500; number++) index.add({ accountId: `a${number}`, sisId: "0" })
    expect([index.find("user", query).length, index.isUnclear("user", query)]).toEqual([64, true])
    // Of the role there may be further ones that were not kept.
    const placeholder: MatchQuestion = { role: "student", field: "state_id", value: "N/A" }
    index.add({ accountId: "pupil", role: "student", stateId: "N/A" })
    for (let number = 0; number < 63; number++) {
      index.add({ accountId: `teacher ${number}`, role: "teacher", stateId: "N/A" })
    }
    expect(index.find("user", placeholder)).toHaveLength(1)
    expect(index.isUnclear("user", placeholder)).toBe(true)
  })

  it("S26 two people who are led to one account leave it to neither, and are led to others", () => {
    const accounts = fc.uniqueArray(fc.nat({ max: 5 }), { maxLength: 3 })
    const led = fc.uniqueArray(
      fc.record({ person: fc.nat({ max: 9 }), account: fc.option(fc.nat({ max: 5 })), others: accounts }),
      { selector: ({ person }) => person },
    )
    fc.assert(
      fc.property(led, (people) => {
        const tentative = new TentativeMatches()
        const told = new Map<number, boolean>()
        for (const { person, account, others } of people) {
          if (account === null) tentative.contest(others)
          else {
            const match = { kind: "user", cleverId: `p${person}`, role: "student", field: "sis_id" } as const
            const rest = others.filter((other) => other !== account)
            told.set(person, tentative.add(account, match, rest))
            expect(tentative.add(account, match, rest)).toBe(told.get(person))
          }
        }
        // Whoever has nothing is led to all, which may take theirs from others.
        let lost = people.filter(({ account }) => account === null)
        for (;;) {
          const next = people.filter(
            (one) =>
              one.account === null ||
              people.some((other) => other !== one && other.account === one.account) ||
              lost.some((other) => other !== one && other.others.includes(one.account as number)),
          )
          if (next.length === lost.length) break
          lost = next
        }
        for (const one of people) {
          const { person, account } = one
          if (account === null) continue
          const match = tentative.get(account)
          const isTheirs = match?.cleverId === `p${person}` && !tentative.isContested(account)
          expect(isTheirs).toBe(!lost.includes(one))
          // Who was not told at once is asked when all are known.
          if (lost.includes(one) && told.get(person)) expect(match?.cleverId).toBe(`p${person}`)
        }
      }),
      { numRuns: 1_000 },
    )
  })
})
