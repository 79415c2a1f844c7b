import { PassThrough } from "node:stream"
import { describe, expect, test } from "vitest"
import { changeLines } from "../../src/cli/change-text.ts"
import { Output, oneLine } from "../../src/cli/output.ts"
import { describeProgress } from "../../src/cli/progress-bar.ts"
import { runLines } from "../../src/cli/run-text.ts"
import { tableLines } from "../../src/cli/table.ts"
import { changeCsvLines } from "../../src/exchange/changes-csv.ts"
import { csvLine } from "../../src/exchange/csv.ts"
import type { RecordChange } from "../../src/index.ts"
import { makeRun } from "../../src/testing/fixtures.ts"

test("CSV quotes what needs it and disarms formulas", () => {
  expect(csvLine(["a", 'b "c"', "d,e", "f\ng"])).toBe('a,"b ""c""","d,e","f\ng"\r\n')
  expect(csvLine(["=1+1", "+cmd", "@x", "-x"])).toBe(`"'=1+1","'+cmd","'@x","'-x"\r\n`)
  expect(csvLine(["\n=1", "\0=1", "\uff1d1"])).toBe(`"'\n=1","'\0=1","'\uff1d1"\r\n`)
  expect(csvLine(["-5", "+1.25", "", "O'Neil"])).toBe(`-5,+1.25,,"O'Neil"\r\n`)
})

const section: RecordChange = {
  kind: "section",
  id: "s1",
  action: "update",
  fields: [
    { path: "name", before: "Art", after: "Art\u001b[2J" },
    { path: "students", before: ["u1"], after: ["u2"] },
  ],
  joined: [{ id: "u2", role: "student" }],
  left: [{ id: "u1", role: "student" }],
}

test("a change for people: fields, who joined and left, no control characters", () => {
  expect(changeLines(section)).toEqual([
    "section s1 updated",
    '  name: "Art" -> "Art\\u001b[2J"',
    "  joined: student u2",
    "  left: student u1",
  ])
  expect(changeLines({ ...section, action: "create", left: [] })).toEqual([
    "section s1 created",
    "  joined: student u2",
  ])
})

test("a change for a spreadsheet: a line for each field and person, and at least one", () => {
  expect(changeCsvLines(section).split("\r\n")).toEqual([
    "section,s1,updated,name,Art,Art\u001b[2J",
    'section,s1,updated,students,"[""u1""]","[""u2""]"',
    "section,s1,updated,joined as student,,u2",
    "section,s1,updated,left as student,u1,",
    "",
  ])
  const archived = { kind: "user", id: "u1", action: "archive", fields: [], joined: [], left: [] } as const
  expect(changeCsvLines({ ...archived, fields: [], joined: [], left: [] })).toBe("user,u1,archived,,,\r\n")
})

test("what is archived says who it was, with its schools, without control characters", () => {
  const archived: RecordChange = {
    kind: "user",
    id: "u1",
    action: "archive",
    fields: [],
    archived: [
      { path: "email", before: "ada@d.example", after: undefined },
      { path: "name", before: { first: "Ada", last: "Love\u001b[2Jlace", middle: "" }, after: undefined },
    ],
    joined: [],
    left: [],
  }
  expect(changeLines(archived, ["Lincoln High"])).toEqual([
    "user u1 archived: Ada Love [2Jlace (Lincoln High)",
  ])
  expect(changeCsvLines(archived).split("\r\n")).toEqual([
    "user,u1,archived,email,ada@d.example,",
    'user,u1,archived,name,"{""first"":""Ada"",""last"":""Love\\u001b[2Jlace"",""middle"":""""}",',
    "",
  ])
  // An undo that puts an older content back: what changes by it, and the rest as it was.
  const undone = { ...archived, fields: [{ path: "email", before: "ada@d.example", after: "old@d.example" }] }
  expect(changeCsvLines(undone).split("\r\n")[0]).toBe("user,u1,archived,email,ada@d.example,old@d.example")
  expect(changeCsvLines(undone).split("\r\n")).toHaveLength(3)
  expect(changeLines({ ...archived, kind: "section", archived: [] })).toEqual(["section u1 archived"])
})

test("events that were passed over are told of a run, if there are any", () => {
  const run = makeRun()
  const skipping = runLines({ ...run, skippedEvents: 4 })
  expect(skipping).toContain("  skipped    4 events of types that Homeroom does not know")
  expect(runLines({ ...run, skippedEvents: 0 }).join("\n")).not.toContain("skipped")
})

test("tables set words left and numbers right", () => {
  const columns = [{ title: "kind" }, { title: "n", align: "right" as const, width: 4 }]
  expect(
    tableLines(columns, [
      ["user", "12"],
      ["section", "3,456"],
    ]),
  ).toEqual(["kind         n", "user        12", "section  3,456"])
})

describe("progress", () => {
  const progress = {
    runId: "r",
    stage: "listing",
    kind: "user",
    records: 20_000,
    pages: 2,
    recordsPerSecond: 9_800,
    expectedRecords: 52_000,
    remainingMs: 3_265,
  } as const
  test("says stage, kind, records, rate and time left", () => {
    expect(describeProgress(progress)).toBe("Reading users: 20,000 of 52,000 records, 9,800/s, 4 s left")
  })
  test("leaves out a total that is unknown or was passed", () => {
    expect(describeProgress({ ...progress, expectedRecords: null, remainingMs: null })).toBe(
      "Reading users: 20,000 records, 9,800/s",
    )
    expect(describeProgress({ ...progress, expectedRecords: 10, remainingMs: null })).not.toContain(" of ")
  })
})

test("messages stay on one line and hold no control characters", () => {
  expect(oneLine(" a\nb\u001b[31m\tc ")).toBe("a b [31m c")
})

test("output gathers small writes and waits for a slow reader", async () => {
  const stream = new PassThrough({ highWaterMark: 16 })
  const output = new Output(stream)
  for (let index = 0; index < 100; index++) await output.line(`line ${index}`)
  expect(stream.readableLength).toBe(0)
  // More than the stream holds: the flush can't end before somebody reads.
  let isDone = false
  const flushed = output.flush().then(() => {
    isDone = true
  })
  await new Promise((resolve) => setImmediate(resolve))
  expect(isDone).toBe(false)
  let read = ""
  stream.setEncoding("utf8").on("data", (text: string) => {
    read += text
  })
  await flushed
  expect(read.split("\n")).toHaveLength(101)
})
