import assert from "node:assert/strict"
import type { Kind } from "../models/index.ts"
import type { RecordFilter, RosterStorage, StagedChange, StoredRecord } from "../storage/contract.ts"
import { all, inPages, same } from "./checks.ts"
import { away, home, importChanges, makeRun, mark, put, takeLease } from "./fixtures.ts"
import type { Suite } from "./suite.ts"

const content = (
  action: "create" | "update" | "restore" | "refresh",
  kind: Kind,
  id: string,
  fields: object,
): StagedChange => put(action, kind, id, action, JSON.stringify({ id, district: home, ...fields }))

const school = (id: string, fields: object): StagedChange => content("create", "school", id, fields)
const user = (id: string, roles: object | null): StagedChange => content("create", "user", id, { roles })
const section = (id: string, fields: object): StagedChange => content("create", "section", id, fields)

const roster: readonly StagedChange[] = [
  school("school-1", { sis_id: "S-1" }),
  school("school-2", { sis_id: "100" }),
  user("both", {
    teacher: { school: "school-1", schools: ["school-1"], sis_id: "T1" },
    staff: { schools: ["school-2"], staff_id: "100" },
  }),
  user("contact", { contact: { sis_id: "C1", student_relationships: [{ student: "pupil-1" }] } }),
  user("empty", { student: {}, teacher: null }),
  user("nobody", null),
  user("pupil-1", { student: { school: "school-1", schools: ["school-1", "school-2"], sis_id: "100" } }),
  user("pupil-2", { student: { school: "school-2", schools: [], sis_id: "200" } }),
  user("pupil-3", { student: { school: null, schools: ["school-1"], sis_id: "" } }),
  user("teacher-1", { teacher: { schools: ["school-2"], sis_id: "300", legacy_id: "100" }, contact: {} }),
  section("section-1", {
    school: "school-1",
    sis_id: "100",
    name: "pupil-2",
    course: "pupil-3",
    teacher: "both",
    teachers: ["both", "teacher-1"],
    students: ["pupil-1", "pupil-2", "unknown"],
  }),
  section("section-2", { school: "school-2", sis_id: "200", teacher: "teacher-1", students: null }),
  section("section-3", { school: "school-2", students: ["pupil-1", "both"], teachers: [] }),
]

/** What to search for and the ids that fit. */
const searches: readonly (readonly [name: string, filter: RecordFilter, ids: readonly string[]])[] = [
  ["the sections a student attends", { kind: "section", personId: "pupil-1" }, ["section-1", "section-3"]],
  ["the sections a teacher teaches", { kind: "section", personId: "teacher-1" }, ["section-1", "section-2"]],
  [
    "sections by whoever is in them in any role",
    { kind: "section", personId: "both" },
    ["section-1", "section-3"],
  ],
  ["the sections of a person with no record", { kind: "section", personId: "unknown" }, ["section-1"]],
  ["no sections by an id in another field", { kind: "section", personId: "pupil-3" }, []],
  [
    "the people of a section",
    { kind: "user", sectionId: "section-1" },
    ["both", "pupil-1", "pupil-2", "teacher-1"],
  ],
  [
    "the students of a section",
    { kind: "user", sectionId: "section-1", role: "student" },
    ["pupil-1", "pupil-2"],
  ],
  [
    "the teachers of a section",
    { kind: "user", sectionId: "section-1", role: "teacher" },
    ["both", "teacher-1"],
  ],
  [
    "a section's first teacher where the list is missing",
    { kind: "user", sectionId: "section-2", role: "teacher" },
    ["teacher-1"],
  ],
  [
    "a teacher who attends as a student",
    { kind: "user", sectionId: "section-3", role: "student" },
    ["both", "pupil-1"],
  ],
  ["no teachers in a section without", { kind: "user", sectionId: "section-3", role: "teacher" }, []],
  ["nobody in an unknown section", { kind: "user", sectionId: "section-9" }, []],
  [
    "the users of a school, primary or not",
    { kind: "user", schoolId: "school-1" },
    ["both", "pupil-1", "pupil-3"],
  ],
  [
    "the users of a school by any of their roles",
    { kind: "user", schoolId: "school-2" },
    ["both", "pupil-1", "pupil-2", "teacher-1"],
  ],
  [
    "the students of a school",
    { kind: "user", schoolId: "school-2", role: "student" },
    ["pupil-1", "pupil-2"],
  ],
  [
    "the teachers of a school, without those who are there in another role",
    { kind: "user", schoolId: "school-2", role: "teacher" },
    ["teacher-1"],
  ],
  ["the staff of a school", { kind: "user", schoolId: "school-2", role: "staff" }, ["both"]],
  ["nobody of a role that a school lacks", { kind: "user", schoolId: "school-1", role: "contact" }, []],
  ["the sections of a school", { kind: "section", schoolId: "school-2" }, ["section-2", "section-3"]],
  ["nothing of an unknown school", { kind: "section", schoolId: "school-9" }, []],
  [
    "the users that have a role, an empty one included",
    { kind: "user", role: "student" },
    ["empty", "pupil-1", "pupil-2", "pupil-3"],
  ],
  [
    "the users that have a role among others, but not null",
    { kind: "user", role: "teacher" },
    ["both", "teacher-1"],
  ],
  ["contacts", { kind: "user", role: "contact" }, ["contact", "teacher-1"]],
  ["nobody of a role that nobody has", { kind: "user", role: "district_admin" }, []],
  ["a school by its sis_id", { kind: "school", sisId: "100" }, ["school-2"]],
  ["a section by its sis_id", { kind: "section", sisId: "100" }, ["section-1"]],
  ["users by the sis_id of any role or the staff_id", { kind: "user", sisId: "100" }, ["both", "pupil-1"]],
  ["a contact by sis_id", { kind: "user", sisId: "C1" }, ["contact"]],
  ["nobody by an empty sis_id", { kind: "user", sisId: "" }, []],
]

/** The ids of what is found; fails unless as many are counted. */
async function find(storage: RosterStorage, filter: RecordFilter, districtId = home): Promise<string[]> {
  const found = await storage.findRecords({ districtId, filter, limit: all })
  assert.equal(await storage.countRecords({ districtId, filter }), found.length)
  return found.map((one) => one.id)
}

const findArchived = async (storage: RosterStorage, filter: RecordFilter): Promise<string[]> =>
  (await storage.findRecords({ districtId: home, filter, state: "archived", limit: all })).map(
    (one) => one.id,
  )

export function findingChapter({ describe, it }: Suite): void {
  describe("finding active records", () => {
    for (const [name, filter, ids] of searches) {
      it(`finds ${name}`, async ({ storage }) => {
        await importChanges(storage, roster)
        same(await find(storage, filter), ids)
      })
    }

    it("returns whole records, page by page", async ({ storage }) => {
      await importChanges(storage, roster)
      for (const [, filter, ids] of searches) {
        const paged = await inPages<StoredRecord>(1, (last) =>
          storage.findRecords({ districtId: home, filter, after: last?.id, limit: 1 }),
        )
        same(paged, await storage.getRecords({ districtId: home, kind: filter.kind, ids }))
      }
    })

    it("counts no further than it is told to", async ({ storage }) => {
      await importChanges(storage, roster)
      for (const [name, filter, ids] of searches) {
        for (const limit of [1, 2, 3, ids.length, 100]) {
          if (limit === 0) continue
          const count = await storage.countRecords({ districtId: home, filter, limit })
          same([name, limit, count], [name, limit, Math.min(limit, ids.length)])
        }
      }
    })

    it("orders by code unit, and begins after any id", async ({ storage }) => {
      const ids = ["-", "0", "10", "2", "A", "B", "_", "a", "aB", "b"]
      await importChanges(
        storage,
        ids.toReversed().map((id) => user(id, { student: { school: "school-1", sis_id: "1" } })),
      )
      await importChanges(storage, [section("s", { students: ids.toReversed() })], { runId: "run-2" })
      for (const filter of [
        { kind: "user", schoolId: "school-1" },
        { kind: "user", role: "student" },
        { kind: "user", sisId: "1" },
        { kind: "user", sectionId: "s" },
      ] as const) {
        same(await find(storage, filter), ids)
        const some = await storage.findRecords({ districtId: home, filter, after: "C", limit: 3 })
        same(
          some.map((one) => one.id),
          ["_", "a", "aB"],
        )
      }
    })

    it("compares what is searched for exactly, whatever characters it has", async ({ storage }) => {
      await importChanges(
        storage,
        oddTexts.map((text, index) => user(`u${index + 100}`, { student: { sis_id: text, school: text } })),
      )
      for (const [index, text] of oddTexts.entries()) {
        same([text, await find(storage, { kind: "user", sisId: text })], [text, [`u${index + 100}`]])
        same([text, await find(storage, { kind: "user", schoolId: text })], [text, [`u${index + 100}`]])
      }
      same(await find(storage, { kind: "user", sisId: "12" }), [])
    })

    it("does not take an id for another one that differs in case", async ({ storage }) => {
      await importChanges(storage, [
        section("s1", { name: "abc", students: ["ABC"] }),
        section("s2", { name: "ABC", teachers: ["abc"], students: [] }),
      ])
      same(await find(storage, { kind: "section", personId: "abc" }), ["s2"])
      same(await find(storage, { kind: "section", personId: "ABC" }), ["s1"])
      same(await find(storage, { kind: "section", personId: "Abc" }), [])
    })

    it("follows a record's content through update, refresh, archive and restore", async ({ storage }) => {
      const inSchool = (id: string): RecordFilter => ({ kind: "user", schoolId: id })
      const at = (schoolId: string) => ({ roles: { student: { school: schoolId } } })
      const steps: readonly (readonly [StagedChange, string | undefined])[] = [
        [content("create", "user", "a", at("s1")), "s1"],
        [content("update", "user", "a", at("s2")), "s2"],
        [content("refresh", "user", "a", at("s3")), "s3"],
        [mark("archive", "user", "a"), undefined],
        [content("restore", "user", "a", at("s4")), "s4"],
        [mark("archive", "user", "a"), undefined],
        [content("restore", "user", "a", at("s1")), "s1"],
      ]
      for (const [index, [change, expected]] of steps.entries()) {
        await importChanges(storage, [change], { runId: `run-${index}` })
        for (const schoolId of ["s1", "s2", "s3", "s4"]) {
          const ids = schoolId === expected ? ["a"] : []
          same([index, schoolId, await find(storage, inSchool(schoolId))], [index, schoolId, ids])
        }
      }
    })

    it("finds archived records alone where it is asked for them, by what they had at last", async ({
      storage,
    }) => {
      await importChanges(storage, roster)
      for (const [, filter] of searches) same(await findArchived(storage, filter), [])
      const gone = ["both", "pupil-1", "school-2", "section-1"]
      const changes = roster
        .filter(({ id }) => gone.includes(id))
        .map(({ kind, id }) => mark("archive", kind, id))
      await importChanges(storage, changes, { runId: "run-2" })
      for (const [name, filter, ids] of searches) {
        const archived = ids.filter((id) => gone.includes(id))
        if (!("sectionId" in filter)) same([name, await findArchived(storage, filter)], [name, archived])
        const active = await storage.findRecords({ districtId: home, filter, state: "active", limit: all })
        same(
          active.map(({ id }) => id),
          await find(storage, filter),
        )
      }
      const paged = await inPages<StoredRecord>(1, (last) =>
        storage.findRecords({
          districtId: home,
          filter: { kind: "user", sisId: "100" },
          state: "archived",
          after: last?.id,
          limit: 1,
        }),
      )
      same(
        paged.map(({ id, state }) => [id, state]),
        [
          ["both", "archived"],
          ["pupil-1", "archived"],
        ],
      )
      same(await findArchived(storage, { kind: "user", sectionId: "section-3" }), ["both", "pupil-1"])
      same(await findArchived(storage, { kind: "user", sectionId: "section-1" }), [])
      await importChanges(
        storage,
        [content("restore", "user", "both", { roles: { teacher: { sis_id: "T2" } } })],
        { runId: "run-3" },
      )
      same(await findArchived(storage, { kind: "user", sisId: "100" }), ["pupil-1"])
      same(await find(storage, { kind: "user", sisId: "T2" }), ["both"])
    })

    it("finds nobody in an archived section, and no archived person in an active one", async ({
      storage,
    }) => {
      await importChanges(storage, roster)
      await importChanges(
        storage,
        [mark("archive", "section", "section-1"), mark("archive", "user", "both")],
        {
          runId: "run-2",
        },
      )
      same(await find(storage, { kind: "user", sectionId: "section-1" }), [])
      same(await find(storage, { kind: "section", personId: "pupil-1" }), ["section-3"])
      same(await find(storage, { kind: "user", sectionId: "section-3" }), ["pupil-1"])
      same(await find(storage, { kind: "section", personId: "both" }), ["section-3"])
    })

    it("finds nothing that is only staged, left out, replaced or discarded", async ({ storage }) => {
      const student = (sisId: string) => ({ roles: { student: { sis_id: sisId } } })
      const bySisId = (sisId: string) => find(storage, { kind: "user", sisId })
      await importChanges(storage, [content("create", "user", "a", student("1"))], { runId: "run-0" })
      await importChanges(storage, [content("update", "user", "a", student("2"))], {
        runId: "run-1",
        actions: ["create"],
      })
      const lease = await takeLease(storage)
      const run = makeRun({ id: "run-2", basis: 1 })
      await storage.stage(lease, { run, changes: [content("update", "user", "a", student("3"))] })
      same([await bySisId("1"), await bySisId("2"), await bySisId("3")], [["a"], [], []])
      await storage.stage(lease, { run, changes: [content("update", "user", "a", student("4"))] })
      await storage.discardStaged(lease, run)
      same([await bySisId("1"), await bySisId("3"), await bySisId("4")], [["a"], [], []])
    })

    it("keeps districts apart", async ({ storage }) => {
      await importChanges(storage, roster, { runId: "run-1" })
      await importChanges(storage, [section("away-1", { students: ["pupil-1"], school: "school-1" })], {
        runId: "run-2",
        districtId: away,
      })
      same(await find(storage, { kind: "section", personId: "pupil-1" }, away), ["away-1"])
      same(await find(storage, { kind: "section", schoolId: "school-1" }), ["section-1"])
      same(await find(storage, { kind: "user", sectionId: "section-1" }, away), [])
      same(await find(storage, { kind: "user", role: "student" }, "unknown"), [])
    })
  })
}

/** Texts of which no two are the same, though an index over words or a pattern may think so. */
const oddTexts: readonly string[] = [
  "123",
  "0123",
  "123 ",
  "A-1",
  "a-1",
  "A 1",
  "A.1",
  "A1",
  "1 A",
  "A OR 1",
  "A*",
  "A%",
  "A_",
  "***",
  "%",
  "_",
  "'",
  '"',
  '" OR "1',
  "\\",
  "null",
  "Zoë",
  "Zoe\u0308",
  "Zoe",
  "ß",
  "ss",
  "学校",
  "🏫",
  "\u2028",
  // A word of the index for "A1", were it written as it stands.
  "x4131",
]
