import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { Connections, importDistrict } from "../../src/entries/exchange.ts"
import { CleverClient, kinds, RosterSync, type Run } from "../../src/index.ts"
import { SqliteStorage } from "../../src/storage/sqlite/index.ts"
import {
  certificationDistrict,
  demoDistrict,
  type RecordedClever,
  serveRecorded,
  whySkipped,
} from "../support/recorded-clever.ts"
import { storedRecords, storedRoster } from "../support/stored-roster.ts"

const demoId = "5a0c91b95c7cc000010d417c"
const certificationId = "58da8a43cc70ab00017a1a87"

describe.skipIf(whySkipped)(
  `real answers of the real API${whySkipped ? ` (skipped: ${whySkipped})` : ""}`,
  () => {
    let folder: string
    let storage: SqliteStorage
    let clever: RecordedClever

    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), "homeroom-"))
      storage = new SqliteStorage({ path: join(folder, "roster.db") })
    })

    afterEach(async () => {
      await storage.close()
      await clever.close()
      rmSync(folder, { recursive: true, force: true })
    })

    /** The whole path: connect, then import over HTTP. */
    async function connect(districtId: string): Promise<(mode: "bulk" | "delta") => Promise<Run>> {
      const { url } = clever
      const client = new CleverClient({
        districtToken: "recorded",
        apiUrl: url,
        authUrl: url,
        apiVersion: "v3.0",
      })
      await storage.open()
      const connections = new Connections({ storage, clever: client })
      await connections.connect(districtId, { mode: "sso+provisioning", by: "test" })
      // Soon after the recorded events, or they would be too old for a delta.
      const clock = () => Date.parse("2023-04-10T12:00:00Z")
      // The recorded events touch four fifths of the recorded people, who are but a sample.
      const guards = { updatedShare: 1 }
      const roster = new RosterSync({ clever: client, storage, clock, guards })
      return (mode) => importDistrict({ connections, roster, districtId, mode })
    }

    function summary(run: Run): Record<string, string> {
      return Object.fromEntries(
        kinds.map((kind) => {
          const { created, updated, archived, restored, unchanged, rejected } = run.counts[kind]
          return [kind, [created, updated, archived, restored, unchanged, rejected].join(" ")]
        }),
      )
    }

    /** Every row that makes up the roster and its log, to see that nothing is written. */
    function rows(): unknown {
      const database = new DatabaseSync(join(folder, "roster.db"), { readOnly: true })
      try {
        return ["homeroom_records", "homeroom_changes"].map((table) =>
          database.prepare(`SELECT * FROM ${table}`).all(),
        )
      } finally {
        database.close()
      }
    }

    it("imports the demo district: 2,098 users and 378 sections with 8,954 enrolments, exactly", async () => {
      clever = await serveRecorded(demoDistrict())
      const run = await connect(demoId)
      const first = await run("bulk")
      expect(first.state).toBe("applied")
      expect(first.cursor).toBeNull()
      expect(summary(first)).toEqual({
        district: "1 0 0 0 0 0",
        school: "0 0 0 0 0 0",
        term: "0 0 0 0 0 0",
        course: "0 0 0 0 0 0",
        user: "2098 0 0 0 0 0",
        section: "378 0 0 0 0 0",
      })
      expect(first.records).toBe(1 + 2_098 + 378)

      const roles: Record<string, number> = {}
      for await (const { data } of storedRecords(storage, demoId, ["user"])) {
        for (const role of Object.keys(JSON.parse(data).roles)) roles[role] = (roles[role] ?? 0) + 1
      }
      expect(roles).toEqual({ student: 1_004, teacher: 89, district_admin: 3, contact: 1_002 })

      const database = new DatabaseSync(join(folder, "roster.db"), { readOnly: true })
      const enrolments = database.prepare(
        "SELECT role, count(*) AS n FROM roster_enrolments WHERE district_id = ? GROUP BY role ORDER BY role",
      )
      const [students] = enrolments.all(demoId) as { role: string; n: number }[]
      database.close()
      expect(students).toMatchObject({ role: "student", n: 8_954 })
    })

    it("stores every record of it as Clever sent it", async () => {
      const answers = demoDistrict()
      clever = await serveRecorded(answers)
      await (await connect(demoId))("bulk")
      const stored = await storedRoster(storage, demoId)
      for (const kind of ["district", "user", "section"]) {
        const { data } = JSON.parse(answers.get(`/v3.0/${kind}s`)?.body ?? "") as {
          data: { data: { id: string } }[]
        }
        for (const item of data) {
          expect(stored.get(`${kind} ${item.data.id}`)).toEqual({ state: "active", data: item.data })
        }
      }
    })

    it("writes no roster row when the same is imported again (S11)", async () => {
      clever = await serveRecorded(demoDistrict())
      const run = await connect(demoId)
      await run("bulk")
      const before = rows()
      const again = await run("bulk")
      expect(again.state).toBe("unchanged")
      expect(summary(again)).toMatchObject({ user: "0 0 0 0 2098 0", section: "0 0 0 0 378 0" })
      expect(rows()).toEqual(before)
      // Without events a delta is a bulk import, and says so (S2).
      const delta = await run("delta")
      expect(delta).toMatchObject({ mode: "bulk", fallback: "no-cursor", state: "unchanged" })
      expect(rows()).toEqual(before)
    })

    it("imports what was recorded of the certification district, and its events as a delta", async () => {
      const answers = certificationDistrict()
      const events = answers.get("/v3.0/events")
      if (events === undefined) throw new Error("no events were recorded")
      const page = JSON.parse(events.body) as {
        data: { data: { id: string; type: string; data: { object: { id: string } } } }[]
      }
      // At first the feed ends with the first recorded event, so that all others come after the import.
      const firstEvent = page.data[0]?.data.id
      answers.set("/v3.0/events", {
        ...events,
        body: JSON.stringify({ data: page.data.slice(0, 1), links: [] }),
      })
      clever = await serveRecorded(answers)
      const run = await connect(certificationId)
      const first = await run("bulk")
      expect(first.state).toBe("applied")
      expect(summary(first)).toEqual({
        district: "1 0 0 0 0 0",
        school: "4 0 0 0 0 0",
        term: "5 0 0 0 0 0",
        course: "200 0 0 0 0 0",
        user: "100 0 0 0 0 0",
        section: "100 0 0 0 0 0",
      })
      expect(first.cursor).toMatchObject({ eventId: firstEvent, apiVersion: "v3.0" })
      expect((await run("bulk")).state).toBe("unchanged")

      answers.set(`/v3.0/events?starting_after=${firstEvent}`, events)
      const delta = await run("delta")
      expect(delta).toMatchObject({ mode: "delta", fallback: null, state: "applied", skippedEvents: 0 })
      expect(delta.cursor?.eventId).toBe(page.data.at(-1)?.data.id)
      const { user } = delta.counts
      const people = page.data.filter(({ data }) => data.type.startsWith("users."))
      const ids = new Set(people.map(({ data }) => data.data.object.id))
      expect(user.created + user.updated + user.unchanged).toBe(ids.size)
      expect(user.archived + user.rejected).toBe(0)
      const stored = await storedRoster(storage, certificationId)
      for (const { data } of people) {
        expect(stored.get(`user ${data.data.object.id}`)).toEqual({ state: "active", data: data.data.object })
      }
    })
  },
)
