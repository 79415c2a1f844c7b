import { readdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { expect } from "vitest"
import type { Kind } from "../../src/models/kinds.ts"
import { userSubject } from "../../src/sso/index.ts"
import type { Run } from "../../src/storage/contract.ts"
import type { RosterWorld } from "./roster-world.ts"

const issuer = "https://clever.com"

/** Somebody of a simulated district of whom every version has words that nobody else's record holds. */
export class ForgottenPerson {
  readonly id: string
  readonly #world: RosterWorld
  #version = 0
  /** What Clever makes of the person's record in its next answers, besides the words. */
  alter: (record: Record<string, unknown>) => void = () => {}

  /** A student whom sections and a contact name. */
  constructor(world: RosterWorld) {
    this.#world = world
    const sections = world.district.records("section") as unknown as { students: string[] }[]
    const contacts = world.district.records("user").map((record) => JSON.stringify(record))
    const id = sections
      .flatMap(({ students }) => students)
      .find((student) => contacts.some((text) => text.includes(`"student":"${student}"`)))
    if (id === undefined) throw new Error("no section has a student with a contact")
    this.id = id
    world.source.alterItems = (kind, items) => items.map((item) => this.#altered(kind, item))
  }

  /** The next version of the person, and of those who name them. */
  next(): this {
    this.#version++
    return this
  }

  /** All words that must be gone. */
  get words(): string[] {
    const words = [this.id]
    for (let version = 0; version <= this.#version; version++) {
      for (const word of ["Canarina", "canarina-mail", "sis-canary", "nick-canary", "canary-note"]) {
        words.push(`${word}-${version}-`)
      }
    }
    return words
  }

  #altered(kind: Kind, item: string): string {
    const isMentioned = item.includes(this.id)
    if (!isMentioned && kind !== "school") return item
    const record = JSON.parse(item) as Record<string, unknown>
    const word = (name: string) => `${name}-${this.#version}-`
    if (record.id === this.id) {
      const roles = record.roles as { student: Record<string, unknown> }
      record.name = { first: word("Canarina"), last: "É“\\" }
      record.email = `${word("canarina-mail")}@example.org`
      roles.student.sis_id = word("sis-canary")
      record.nick = [word("nick-canary")]
      this.alter(record)
    } else if (kind === "section") {
      record.captain = this.id
      record.seats = { [this.id]: { note: word("canary-note") }, other: this.#version }
    } else if (kind === "school") {
      record.counselled = [{ student: this.id, note: word("canary-note") }, { student: "nobody" }]
    }
    return JSON.stringify(record)
  }

  /** Leaves traces in every place that a storage has; resolves with the runs. */
  async leaveTraces(): Promise<Run[]> {
    const world = this.#world
    const { districtId, plain: storage, district } = world
    const runs: Run[] = []
    runs.push(await world.bulk())
    await storage.saveConnection({
      districtId,
      name: "Canary Unified",
      mode: "sso+provisioning",
      state: "active",
      steps: [{ state: "active", mode: "sso+provisioning", at: "2026-09-01T06:00:00.000Z", by: this.id }],
      settings: {},
    })
    this.next()
    district.nextDay({ intensity: 2 })
    runs.push(await world.bulk({ by: this.id }))
    district.unshare({ ids: [this.id] })
    runs.push(await world.bulk())
    district.reshare({ ids: [this.id] })
    this.next()
    runs.push(await world.bulk())
    this.next().alter = (record) => {
      Object.assign((record.roles as { student: object }).student, { dob: 7 })
    }
    runs.push(await world.bulk())
    this.next().alter = () => {}
    await this.#leaveDocuments()
    await this.#leaveLogins()
    const plan = await world.roster.plan({ districtId, mode: "bulk" })
    expect(plan.state).toBe("planned")
    runs.push(await world.roster.run(plan.id))
    this.next()
    runs.push(await this.#interrupt())
    return runs
  }

  /** An import that stops behind the very page that the person stands on. */
  async #interrupt(): Promise<Run> {
    const world = this.#world
    const stop = new AbortController()
    const { pageSize } = world.source
    world.source.pageSize = 1
    const behind = `user ${world.ids("user").sort().indexOf(this.id) + 1}`
    world.source.beforeRequest = (name) => {
      if (name === behind) stop.abort()
    }
    const run = await world.bulk({ signal: stop.signal })
    world.source.beforeRequest = () => {}
    world.source.pageSize = pageSize
    expect(run.state).toBe("interrupted")
    expect(JSON.stringify(run.checkpoint)).toContain(this.id)
    return run
  }

  async #leaveDocuments(): Promise<void> {
    const { districtId, plain: storage } = this.#world
    const about = { districtId, subjects: [this.id] }
    const name = `Canarina-${this.#version}-`
    await storage.override({
      districtId,
      kind: "user",
      id: this.id,
      path: "name.first",
      value: name,
      at: "2026-09-02T06:00:00.000Z",
      by: "ada",
    })
    await storage.writeDocuments([
      { ...about, collection: "reviews", key: "1", value: { cleverId: this.id, name } },
      { ...about, collection: "dead-letters", key: "app/1", value: { recordId: this.id, message: name } },
      { ...about, collection: "delivery-places", key: "app/1", value: { step: "users", after: this.id } },
      { districtId, collection: "audit", key: "1", value: { opened: [this.id], by: "ada" } },
    ])
  }

  async #leaveLogins(): Promise<void> {
    const { districtId, plain: storage } = this.#world
    const person = { issuer, cleverId: this.id }
    const later = this.#world.now() + 1_000_000_000
    const link = { ...person, accountId: "account-1", districtId, linkedAt: "", linkedBy: "app" }
    await storage.claimLink(link)
    await storage.consumeOnce("session:1", later, [userSubject(person), `district:${districtId}`])
  }

  /** Which of the words some file, or some place of the storage, still has. */
  async found(): Promise<string[]> {
    const { path, plain: storage } = this.#world
    const found: string[] = []
    const files =
      path === "" ? [] : readdirSync(dirname(path)).map((file) => readFileSync(join(dirname(path), file)))
    for (const word of this.words) {
      const places = Object.keys(await storage.countTraces(word))
      if (places.length > 0 || files.some((bytes) => bytes.includes(word))) found.push(word)
    }
    return found
  }
}
