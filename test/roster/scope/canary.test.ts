import { readdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { describe, expect, it, vi } from "vitest"
import type { Kind } from "../../../src/models/kinds.ts"
import type { Scope } from "../../../src/models/scope.ts"
import type { SyncProgress } from "../../../src/roster/index.ts"
import type { JsonObject } from "../../../src/simulator/index.ts"
import type { Run } from "../../../src/storage/contract.ts"
import { guardsOff } from "../../support/guards-off.ts"
import { writeCalls } from "../../support/intercepted-storage.ts"
import { codeOf, RosterWorld } from "../../support/roster-world.ts"
import { seed } from "../../support/seed.ts"

const canary = "c4n4ry"
const guards = { ...guardsOff, rejectedShare: 1 }

type CanaryScope = { [Part in keyof Scope]-?: NonNullable<Scope[Part]> }

let planted = 0
const text = () => `${canary}-${++planted}`

/** Canaries under every key of an object, known to Clever or not, and in every form that JSON has. */
function everywhere(record: JsonObject, sparing: readonly string[]): void {
  for (const key of Object.keys(record)) if (!sparing.includes(key)) record[key] = text()
  Object.assign(record, {
    x_text: text(),
    x_list: [text(), { x: text() }, [[text()]]],
    x_object: { [text()]: { x: text() } },
    [text()]: 1,
  })
}

const schoolOf = (record: JsonObject) => {
  const roles = Object.values((record.roles ?? {}) as Record<string, JsonObject>)
  return [record.school, ...roles.flatMap((role) => [role.school, role.schools])].flat().filter(Boolean)
}

/** Plants canaries in all that lies outside of the scope, now and with every later call once more. */
function plant(world: RosterWorld, scope: CanaryScope): void {
  const { district } = world
  const here = scope.schools as readonly unknown[]
  const isHere = (record: JsonObject) => schoolOf(record).some((school) => here.includes(school))
  district.edit("district", district.id, (record) => everywhere(record, ["id", "state", "last_sync"]))
  for (const kind of ["school", "term", "course", "section", "user"] as const) {
    for (const id of world.ids(kind)) {
      district.edit(kind, id, (record) => {
        const isOut =
          !scope.kinds.includes(kind) ||
          scope.exclude.includes(id) ||
          (kind === "school" && !here.includes(id)) ||
          ((kind === "section" || kind === "user") && !isHere(record))
        const spared = ["id", "district", "school", "roles"]
        if (isOut) return everywhere(record, spared)
        if (kind === "school") everywhere(record, [...spared, "name"])
        if (kind === "section")
          everywhere(record, [...spared, "name", "course", "term_id", "teacher", "teachers", "students"])
        if (kind !== "user") return
        everywhere(record, [...spared, "name"])
        record.name = { ...(record.name as JsonObject), first: text(), middle: text() }
        for (const [name, role] of Object.entries(record.roles as Record<string, JsonObject>)) {
          const references = ["school", "schools"]
          everywhere(role, name === "student" ? [...references, "grade"] : references)
        }
      })
    }
  }
}

/** A malformed record in every place where one can be. */
function malform(world: RosterWorld, ids: readonly string[], here: string, excluded: string): void {
  const damages: ((record: JsonObject) => unknown)[] = [
    () => text(),
    () => [text()],
    ({ id: _, ...record }) => ({ ...record, name: { last: text() } }),
    (record) => ({ ...record, id: { x: text() } }),
    (record) => ({ ...record, id: `${text()} is no id` }),
    (record) => ({ ...record, district: { x: text() }, name: { last: "in scope" } }),
    (record) => ({ ...record, roles: text() }),
    (record) => ({ ...record, roles: [text()] }),
    (record) => ({ ...record, roles: { student: text() } }),
    (record) => ({ ...record, roles: { student: { school: here, schools: [{ x: text() }] } } }),
    (record) => ({ ...record, roles: { student: { school: { x: text() }, schools: [here] } } }),
    (record) => ({ ...record, name: text() }),
    (record) => ({ ...record, name: { first: text(), last: 7 } }),
    (record) => ({ ...record, roles: { student: { schools: [here], dob: [text()] } } }),
    (record) => ({ ...record, roles: { staff: { schools: [here], title: [text()] } } }),
    (record) => ({ ...record, roles: { teacher: { schools: [here], ext: text() } }, x: excluded }),
    (record) => ({ ...record, roles: { teacher: { schools: [excluded] } } }),
  ]
  world.source.alterItems = (kind, items) =>
    items.map((item) => {
      const record = JSON.parse(item) as JsonObject
      const at = kind === "user" ? ids.indexOf(String(record.id)) : -1
      const damage = damages[at]
      return damage === undefined ? item : JSON.stringify(damage(record))
    })
  world.source.alterEvents = (events) =>
    events.map((event) => {
      const record = JSON.parse(event.object ?? "{}") as JsonObject
      const damage = damages[ids.indexOf(String(record.id))]
      return damage === undefined || event.type.endsWith("deleted")
        ? event
        : { ...event, object: JSON.stringify(damage(record)) }
    })
}

describe("S18 data out of scope is never stored, staged, logged or told", () => {
  it("S18 a canary in every such place leaves no byte behind, through bulk and delta runs", async () => {
    const heard: string[] = []
    const written: string[] = []
    for (const stream of [process.stdout, process.stderr]) {
      vi.spyOn(stream, "write").mockImplementation((chunk) => heard.push(String(chunk)) > 0)
    }
    for (const method of ["log", "warn", "error", "info", "debug"] as const) {
      vi.spyOn(console, method).mockImplementation((...parts) => void heard.push(parts.map(String).join(" ")))
    }
    const pageSize = 7
    const world = new RosterWorld({ storage: "sqlite", users: 150, schools: 3, pageSize })
    const { district } = world
    const [here] = world.ids("school") as [string]
    const people = district.records("user").filter((user) => schoolOf(user).includes(here))
    const pupils = people
      .filter((user) => "student" in (user.roles as JsonObject))
      .map((user) => String(user.id))
    const users = world.ids("user")
    const sections = district.records("section").filter(({ school }) => school === here)
    // Some of the excluded are the last of a page, so that the link to the next one names them, or of all.
    const exclude = [
      users[pageSize - 1],
      users[pageSize * 4 - 1],
      users.at(-1),
      pupils[0],
      String(sections[0]?.id),
      String((sections[1]?.teachers as string[] | undefined)?.[0]),
      String((sections[1]?.students as string[] | undefined)?.[0]),
      String(sections[1]?.course),
    ] as string[]
    const scope: CanaryScope = {
      kinds: ["school", "user", "section"],
      roles: ["student", "teacher"],
      schools: [here],
      fields: {
        district: [],
        school: ["name"],
        section: ["name"],
        user: ["name.last"],
        student: ["grade"],
        teacher: [],
      },
      exclude,
    }
    const isExcluded = (id: string | undefined) => id !== undefined && exclude.includes(id)
    const included = pupils.filter((id) => !isExcluded(id))
    const damaged = included.slice(0, 17)
    const sound = included.slice(17)
    const progress: SyncProgress[] = []
    const results: unknown[] = []
    let onProgress = () => {}
    world.hooks.beforeCall = (method, parameters) => {
      if (writeCalls.includes(method)) written.push(JSON.stringify(parameters))
    }
    const run = async (mode: "bulk" | "delta", abort?: AbortSignal) => {
      world.clock.advance(1_000)
      const work = world.another({ scope, guards }).sync({
        districtId: world.districtId,
        mode,
        onProgress: (told) => {
          progress.push(told)
          onProgress()
        },
        ...(abort && { signal: abort }),
      })
      const result = await codeOf(
        work.catch((error: unknown) => results.push(String(error), JSON.stringify(error))),
      )
      results.push(result)
      return result as { state: string; mode: string }
    }
    const look = () => {
      const files = readdirSync(dirname(world.path)).map((name) => join(dirname(world.path), name))
      expect(files.length).toBeGreaterThan(1)
      const everything = [
        ...files.map((file) => readFileSync(file, "latin1")),
        ...written,
        ...heard,
        JSON.stringify(progress),
        JSON.stringify(results),
      ]
      for (const one of everything) {
        expect(one.includes(canary), `HOMEROOM_TEST_SEED=${seed()}: ${around(one, canary)}`).toBe(false)
        for (const id of exclude)
          expect(one.includes(id), `HOMEROOM_TEST_SEED=${seed()}: ${around(one, id)}`).toBe(false)
      }
    }

    plant(world, scope)
    malform(world, damaged, here, exclude[0] as string)
    // Interrupted behind a page whose link names somebody excluded, and resumed.
    const abort = new AbortController()
    onProgress = () => {
      if (progress.filter(({ stage, kind }) => stage === "listing" && kind === "user").length === 4)
        abort.abort()
    }
    expect(await run("bulk", abort.signal)).toMatchObject({ state: "interrupted" })
    look()
    onProgress = () => {}
    expect(await run("bulk")).toMatchObject({ state: "applied", resumed: 1 })
    look()

    plant(world, scope)
    district.unshare({ ids: [sound[0], exclude[2]] as string[] })
    expect(await run("delta")).toMatchObject({ state: "applied", mode: "delta" })
    look()
    expect(await run("delta")).toMatchObject({ mode: "delta" })
    for (const id of [exclude[2], users[1], sound[1], damaged[13]] as string[]) {
      const result = await world.another({ scope, guards }).syncUser({ districtId: world.districtId, id })
      results.push(result)
    }
    look()
    world.source.beforeRequest = (name) => {
      if (name.startsWith("section")) throw new Error("no answer")
    }
    results.push(await run("bulk"))
    world.source.beforeRequest = () => {}
    // All of the day's changes are out of scope: there is nothing to store.
    plant(world, scope)
    expect(await run("bulk")).toMatchObject({ state: "unchanged" })
    look()

    // What is in scope is there, and the rejected are listed: the test has looked at something.
    const stored = await world.stored()
    const kept = [...stored.keys()].map((key) => key.split(" ")[0])
    for (const kind of ["district", "school", "user", "section"] satisfies Kind[])
      expect(kept).toContain(kind)
    expect([...stored.values()].some(({ data }) => JSON.stringify(data).includes('"grade"'))).toBe(true)
    const [last] = await world.history()
    expect((await world.rejections(last as Run)).length).toBeGreaterThan(8)
    expect(results.join()).toContain("INTERNAL")
    expect(planted).toBeGreaterThan(1_000)
    expect(progress.length).toBeGreaterThan(20)
  })
})

function around(text: string, found: string): string {
  const at = text.indexOf(found)
  return JSON.stringify(text.slice(Math.max(0, at - 200), at + 100).replaceAll("\0", ""))
}
