import { DatabaseSync } from "node:sqlite"
import { describe, expect, it } from "vitest"
import type { AccountAuditEvent } from "../../src/entries/accounts.ts"
import { type ForgetUserOptions, forgetDistrict, forgetUser } from "../../src/entries/exchange.ts"
import { stripReferences } from "../../src/models/strip-references.ts"
import { districtSubject, userSubject } from "../../src/sso/index.ts"
import type { LoggedChange, RosterStorage, Run, StoredRecord } from "../../src/storage/contract.ts"
import { SqliteStorage } from "../../src/storage/sqlite/index.ts"
import { ForgottenPerson } from "../support/forgotten-person.ts"
import {
  codeOf,
  RosterWorld,
  storageNames,
  temporaryFolder,
  type WorldOptions,
} from "../support/roster-world.ts"
import { storedRecords } from "../support/stored-roster.ts"

const issuer = "https://clever.com"

async function start(options: WorldOptions): Promise<{ world: RosterWorld; person: ForgottenPerson }> {
  const world = new RosterWorld(options)
  await world.plain.open()
  return { world, person: new ForgottenPerson(world) }
}

function forget(world: RosterWorld, id: string, options: Partial<ForgetUserOptions> = {}) {
  const { storage, districtId, now: clock } = world
  return forgetUser({ storage, districtId, id, by: "ada", clock, repeat: () => () => {}, ...options })
}

/** Every record and every log entry there is, as they are stored. */
async function everything(
  storage: RosterStorage,
  districtId: string,
  runs: readonly Run[],
): Promise<{ records: StoredRecord[]; log: (LoggedChange & { runId: string })[] }> {
  const records: StoredRecord[] = []
  for await (const record of storedRecords(storage, districtId)) records.push({ ...record })
  const log: (LoggedChange & { runId: string })[] = []
  for (const { id: runId } of runs) {
    const changes = await storage.listChanges({ runId, limit: 100_000 })
    log.push(...changes.map((change) => ({ ...change, runId })))
  }
  return { records, log }
}

describe.each(storageNames)("S31 forgetting a person, on %s", (storage) => {
  it("S31 R55 leaves no byte of them in any place, and proves it", async () => {
    const { world, person } = await start({ storage })
    await person.leaveTraces()
    expect(await person.found()).toEqual(person.words)
    const { districtIds, counts, traces } = await forget(world, person.id)
    expect(traces).toEqual({})
    expect(districtIds).toEqual([world.districtId])
    // An override and three documents; a link and a key.
    expect(counts).toMatchObject({ records: 1, documents: 4, logins: 2, runs: 0 })
    expect(counts.contents).toBeGreaterThanOrEqual(5)
    expect(counts.mentions).toBeGreaterThan(2)
    expect(await person.found()).toEqual([])
  })

  it("S31 leaves everything else as it was, byte for byte", async () => {
    const { world, person } = await start({ storage })
    const runs = await person.leaveTraces()
    const interrupted = runs.at(-1)?.id
    const before = await everything(world.plain, world.districtId, runs)
    await forget(world, person.id)
    const after = await everything(world.plain, world.districtId, runs)
    const strip = (text: string | null) => (text === null ? null : (stripReferences(text, person.id) ?? text))
    const others = before.records.filter(({ id }) => id !== person.id)
    expect(after.records.map(({ kind, id, state, data }) => [kind, id, state, data])).toEqual(
      others.map(({ kind, id, state, data }) => [kind, id, state, strip(data)]),
    )
    // Whoever does not name the person keeps the fingerprints as well.
    const untouched = others.filter(({ data }) => strip(data) === data)
    expect(untouched.length).toBeGreaterThan(50)
    expect(after.records).toEqual(expect.arrayContaining(untouched))
    const logOf = (log: typeof before.log) => log.filter(({ runId }) => runId !== interrupted)
    expect(logOf(after.log)).toEqual(
      logOf(before.log)
        .filter(({ id }) => id !== person.id)
        .map((change) => ({ ...change, before: strip(change.before), after: strip(change.after) })),
    )
    const counts = { user: { active: 0, archived: 0 } }
    for (const { kind, state } of after.records) if (kind === "user") counts.user[state]++
    expect((await world.plain.getDistrict(world.districtId)).counts).toMatchObject(counts)
  })

  it("S31 lets the next import find what Clever has, the person included, and nothing else new", async () => {
    const { world, person } = await start({ storage })
    await person.leaveTraces()
    await forget(world, person.id)
    const run = await world.bulk()
    expect(run.state).toBe("applied")
    expect(run.resumed).toBe(0)
    // Whoever names the person gets that back; nobody else is touched.
    const naming = world.district
      .records("user")
      .filter((record) => record.id !== person.id && JSON.stringify(record).includes(person.id))
      .map((record) => [String(record.id), "update"])
    expect(naming.length).toBeGreaterThan(0)
    const changed = (await world.changes(run)).filter(({ kind }) => kind === "user")
    expect(changed.map(({ id, action }) => [id, action]).sort()).toEqual(
      [[person.id, "create"], ...naming].sort(),
    )
    const listed = new Map<string, unknown>()
    for (const kind of ["user", "section", "school"] as const) {
      const items = world.district.records(kind).map((record) => JSON.stringify(record))
      for (const text of world.source.alterItems(kind, items)) {
        listed.set(`${kind} ${(JSON.parse(text) as { id: string }).id}`, JSON.parse(text))
      }
    }
    const stored = await world.stored()
    for (const [key, record] of listed) expect(stored.get(key)).toEqual({ state: "active", data: record })
    expect((await world.bulk()).state).toBe("unchanged")
  })

  it("S31 S16 makes plans of before stale, and an interrupted import start afresh", async () => {
    const { world, person } = await start({ storage })
    const runs = await person.leaveTraces()
    await forget(world, person.id)
    const plan = runs.at(-2)
    const approve = plan?.plan?.hash ?? ""
    expect(await codeOf(world.roster.apply(plan?.id ?? "", { approve }))).toBe("PLAN_STALE")
    expect(await world.plain.getRun(runs.at(-1)?.id ?? "")).toMatchObject({ checkpoint: null })
    expect(await world.plain.countStaged(runs.at(-1)?.id ?? "")).toEqual([])
    const next = await world.bulk()
    expect(next).toMatchObject({ state: "applied", resumed: 0 })
  })

  it("S31 S24 lets an undo take back what is left of a run, without the person", async () => {
    const { world, person } = await start({ storage })
    await world.bulk()
    person.next()
    world.district.nextDay({ intensity: 4 })
    const run = await world.bulk()
    await forget(world, person.id)
    const { undone, skipped } = await world.roster.undo(run.id, { by: "ada" })
    expect(undone).toBeGreaterThan(0)
    expect(skipped).toBe(0)
    expect(await world.plain.countTraces(person.id)).toEqual({})
  })

  it("R55 ends the person's sessions, and keeps them ended, under no name", async () => {
    const { world, person } = await start({ storage })
    await world.bulk()
    const subject = userSubject({ issuer, cleverId: person.id })
    await forget(world, person.id, { sessionMaxMs: 60_000 })
    expect(await world.plain.getSessionEpochs([subject])).toEqual([world.now()])
    expect(await world.plain.countTraces(person.id)).toEqual({})
    world.clock.advance(60_000)
    expect(await world.plain.getSessionEpochs([subject])).toEqual([0])
  })

  it("R55 erases what is linked under ids of Clever's API v2, in whatever role", async () => {
    const { world, person } = await start({ storage })
    const legacyId = "0f3c0a1b2c3d4e5f60718293"
    person.alter = (record) => {
      Object.assign((record.roles as { student: object }).student, { legacy_id: legacyId })
    }
    await world.bulk()
    const link = {
      issuer,
      cleverId: legacyId,
      accountId: "a",
      districtId: world.districtId,
      linkedAt: "",
      linkedBy: "",
    }
    await world.plain.claimLink(link)
    const { counts } = await forget(world, person.id)
    expect(counts).toMatchObject({ logins: 1 })
    expect(await world.plain.countTraces(legacyId)).toEqual({})
  })

  it("S31 finds the district by itself, and is done at once where nobody knows the person", async () => {
    const { world, person } = await start({ storage })
    const other = new RosterWorld({ index: 1, roster: { storage: world.storage } })
    await world.bulk()
    await other.bulk()
    const options = { storage: world.plain, by: "ada", clock: world.now }
    const stranger = "0f3c0a1b2c3d4e5f60718293"
    const nothing = { records: 0, contents: 0, mentions: 0, documents: 0, logins: 0, runs: 0 }
    const versions = async () =>
      Promise.all(
        [world, other].map(async ({ districtId }) => (await world.plain.getDistrict(districtId)).version),
      )
    const before = await versions()
    expect(await forgetUser({ ...options, id: stranger })).toMatchObject({ counts: nothing, traces: {} })
    expect(await versions()).toEqual(before)
    expect(await forgetUser({ ...options, id: person.id })).toMatchObject({
      districtIds: [world.districtId],
      counts: { records: 1 },
    })
    expect(await versions()).toEqual([(before[0] ?? 0) + 1, before[1]])
    expect(await world.plain.countTraces(person.id)).toEqual({})
  })

  it("S31 erases somebody whom logs alone know, or sign-in alone", async () => {
    const { world, person } = await start({ storage })
    await world.bulk()
    world.district.unshare({ ids: [person.id] })
    await world.bulk()
    world.clock.advance(1_000)
    await world.roster.purge({ districtId: world.districtId })
    const options = { storage: world.plain, by: "ada", clock: world.now }
    await forgetUser({ ...options, id: person.id })
    expect(await person.found()).toEqual([])
    const link = { issuer, cleverId: person.id, accountId: "a", districtId: null, linkedAt: "", linkedBy: "" }
    await world.plain.claimLink(link)
    expect((await forgetUser({ ...options, id: person.id })).counts).toMatchObject({ logins: 1 })
    expect(await world.plain.countTraces(person.id)).toEqual({})
  })

  it("S31 S18 leaves the person out of imports where that is asked for, and counts that for no trace", async () => {
    const { world, person } = await start({ storage })
    await person.leaveTraces()
    const { traces } = await forget(world, person.id, { exclude: true })
    expect(traces).toEqual({})
    const { districtId } = world
    expect((await world.plain.getConnection(districtId))?.settings).toEqual({
      scope: { exclude: [person.id] },
    })
    await forget(world, person.id, { exclude: true })
    expect((await world.plain.getConnection(districtId))?.settings).toEqual({
      scope: { exclude: [person.id] },
    })
  })

  it("S18 refuses to exclude without a connection, before anything is erased", async () => {
    const { world, person } = await start({ storage })
    await world.bulk()
    expect(await codeOf(forget(world, person.id, { exclude: true }))).toBe("CONNECTION_NOT_FOUND")
    expect(await world.plain.countTraces(person.id)).not.toEqual({})
  })

  it("S21 takes turns with imports: refuses while one runs, or waits for it", async () => {
    const { world, person } = await start({ storage })
    await world.bulk()
    const { districtId } = world
    const answer = await world.plain.acquireLease({ districtId, holder: "import", ttlMs: 5_000 })
    expect(answer.acquired).toBe(true)
    expect(await codeOf(forget(world, person.id))).toBe("SYNC_IN_PROGRESS")
    expect(await world.plain.countTraces(person.id)).not.toEqual({})
    const sleep = async (ms: number) => world.clock.advance(ms)
    expect(await codeOf(forget(world, person.id, { waitMs: 4_000, sleep }))).toBe("SYNC_IN_PROGRESS")
    expect((await forget(world, person.id, { waitMs: 4_000, sleep })).counts.records).toBe(1)
  })

  it("R56 tells the audit log of it without anything that names the person", async () => {
    const { world, person } = await start({ storage })
    await person.leaveTraces()
    const events: AccountAuditEvent[] = []
    const { counts } = await forget(world, person.id, {
      onAudit: (event) => {
        events.push(event)
        throw new Error("a listener can't undo it")
      },
    })
    const { districtId } = world
    const at = new Date(world.now()).toISOString()
    expect(events).toEqual([{ type: "forget", at, what: "user", districtId, by: "ada", counts }])
    for (const word of person.words) expect(JSON.stringify(events)).not.toContain(word)
  })

  it("S31 refuses what is no id", async () => {
    const { world } = await start({ storage })
    expect(await codeOf(forget(world, ""))).toBe("INVALID_OPTIONS")
    expect(await codeOf(forget(world, "a b"))).toBe("INVALID_OPTIONS")
    expect(await codeOf(forgetDistrict({ storage: world.storage, districtId: "", by: "ada" }))).toBe(
      "INVALID_OPTIONS",
    )
  })
})

describe.each(storageNames)("S31 forgetting a district, on %s", (storage) => {
  it("S31 R55 leaves nothing of it, proves it, and leaves another as it was", async () => {
    const { world, person } = await start({ storage })
    const other = new RosterWorld({ index: 1, roster: { storage: world.storage } })
    const otherRun = await other.bulk()
    await person.leaveTraces()
    const before = await everything(world.plain, other.districtId, [otherRun])
    const events: AccountAuditEvent[] = []
    const { districtId } = world
    const users = world.ids("user")
    const { counts, traces } = await forgetDistrict({
      storage: world.storage,
      districtId,
      by: "ada",
      clock: world.now,
      onAudit: (event) => events.push(event),
    })
    expect(traces).toEqual({})
    expect(counts.records).toBeGreaterThan(users.length)
    expect(counts.runs).toBe(7)
    expect(counts.logins).toBe(2)
    expect(await person.found()).toEqual([])
    for (const id of [districtId, ...users.slice(0, 10)])
      expect(await world.plain.countTraces(id)).toEqual({})
    expect(await everything(world.plain, other.districtId, [otherRun])).toEqual(before)
    expect(await world.plain.getSessionEpochs([districtSubject(districtId)])).toEqual([world.now()])
    expect(events).toMatchObject([{ type: "forget", what: "district", districtId, by: "ada" }])
    // And the district may come back.
    expect((await world.bulk()).state).toBe("applied")
    expect((await other.bulk()).state).toBe("unchanged")
  })
})

describe("S31 forgetting in SQLite", () => {
  it("rejects with STORAGE_BUSY while somebody reads an older state, and completes when they have ended", async () => {
    const path = `${temporaryFolder()}/roster.db`
    const world = new RosterWorld({ roster: {} })
    const own = new SqliteStorage({ path, clock: world.now, busyTimeoutMs: 60 })
    const roster = world.another({ storage: own })
    const person = new ForgottenPerson(world)
    await roster.sync({ districtId: world.districtId, mode: "bulk" })
    const reader = new DatabaseSync(path)
    reader.exec("BEGIN")
    reader.prepare("SELECT count(*) FROM homeroom_records").get()
    const options = { storage: own, districtId: world.districtId, id: person.id, by: "ada", clock: world.now }
    try {
      expect(await codeOf(forgetUser(options))).toBe("STORAGE_BUSY")
      // It is gone for whoever looks, and the files are known to be not clean.
      expect(await own.getRecords({ districtId: world.districtId, kind: "user", ids: [person.id] })).toEqual(
        [],
      )
      expect(await own.countTraces(person.id)).not.toEqual({})
      expect(await codeOf(forgetUser(options))).toBe("STORAGE_BUSY")
      reader.exec("COMMIT")
      expect(await forgetUser(options)).toMatchObject({ traces: {} })
    } finally {
      reader.close()
      await own.close()
    }
  })

  it("rejects with ERASURE_INCOMPLETE where the app's own tables in the file have the id, and names them", async () => {
    const { world, person } = await start({ storage: "sqlite" })
    await world.bulk()
    const host = new DatabaseSync(world.path)
    host.exec("CREATE TABLE app_pupils (id INTEGER PRIMARY KEY, clever_id TEXT, note TEXT)")
    host.prepare("INSERT INTO app_pupils (clever_id) VALUES (?)").run(person.id)
    const error = await forget(world, person.id).catch((reason: unknown) => reason)
    expect(error).toMatchObject({
      code: "ERASURE_INCOMPLETE",
      details: { places: "app_pupils (1), roster.db (1)" },
    })
    expect(String(error)).not.toContain(person.id)
    host.exec("DELETE FROM app_pupils")
    host.close()
    // SQLite does not overwrite what others delete: the file is rebuilt.
    expect(await forget(world, person.id)).toMatchObject({ traces: {} })
  })
})
