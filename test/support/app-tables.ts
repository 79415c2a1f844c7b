import type { RosterRecord, Section } from "../../src/models/index.ts"
import { kinds } from "../../src/models/kinds.ts"
import type { Target, TargetCall, TargetChange } from "../../src/roster/index.ts"
import type { LoggedChange, RosterStorage } from "../../src/storage/contract.ts"
import type { Roster } from "./truth.ts"

interface Row {
  state: "active" | "archived"
  data: RosterRecord
  version: number
}

/**
 * An app's tables as a target, which take note of everything that is done to them in an order that is not allowed. A
 * hook that throws is a failing target.
 */
export class AppTables implements Target {
  readonly name: string
  readonly rows = new Map<string, Row>()
  /** By section: `student ID`. */
  readonly enrolments = new Map<string, Set<string>>()
  /** Every call, whether it succeeded or not. */
  readonly calls: TargetChange[][] = []
  readonly contexts: TargetCall[] = []
  /** Every change that was written, in order, repetitions included. */
  readonly written: TargetChange[] = []
  readonly violations: string[] = []
  /** References that named nobody the tables had. */
  readonly #unknown: { change: TargetChange; key: string }[] = []
  /** Active rows that named a record when it was archived. */
  readonly #leftBehind: { change: TargetChange; key: string }[] = []
  beforeCall: (changes: readonly TargetChange[]) => void | Promise<void> = () => {}
  /** What it throws leaves the changes before this one written. */
  beforeChange: (change: TargetChange) => void = () => {}
  afterCall: (changes: readonly TargetChange[]) => void | Promise<void> = () => {}

  constructor(name = "app") {
    this.name = name
  }

  create(changes: readonly TargetChange[], call: TargetCall): Promise<void> {
    return this.#call("create", changes, call)
  }

  update(changes: readonly TargetChange[], call: TargetCall): Promise<void> {
    return this.#call("update", changes, call)
  }

  archive(changes: readonly TargetChange[], call: TargetCall): Promise<void> {
    return this.#call("archive", changes, call)
  }

  restore(changes: readonly TargetChange[], call: TargetCall): Promise<void> {
    return this.#call("restore", changes, call)
  }

  /** As `storedRoster` gives a roster. */
  roster(): Roster {
    return new Map([...this.rows].map(([key, { state, data }]) => [key, { state, data }]))
  }

  get changeIds(): Set<string> {
    return new Set(this.written.map(({ changeId }) => changeId))
  }

  /** What the tables hold of who is in which section, as the sections themselves say it. */
  expectedEnrolments(): Map<string, Set<string>> {
    const expected = new Map<string, Set<string>>()
    for (const [key, { state, data }] of this.rows) {
      if (!key.startsWith("section ") || state === "archived") continue
      const { id, teacher, teachers, students } = data as Section
      const members = [
        ...[teacher, ...(teachers ?? [])].filter(Boolean).map((one) => `teacher ${one}`),
        ...(students ?? []).map((one) => `student ${one}`),
      ]
      if (members.length > 0) expected.set(id, new Set(members))
    }
    return expected
  }

  /** All violations, with those that only the whole log can tell. */
  async findViolations(
    storage: RosterStorage,
    districtId: string,
    options: { archivedBefore?: ReadonlySet<string>; setAside?: ReadonlySet<string> } = {},
  ): Promise<string[]> {
    const createdIn = new Map<string, number>()
    const archivedIn = new Set<string>()
    for (const { version, change } of await wholeLog(storage, districtId)) {
      const key = `${change.kind} ${change.id}`
      if (!createdIn.has(key)) createdIn.set(key, version)
      if (change.action === "archive") archivedIn.add(`${version} ${key}`)
    }
    const found = [...this.violations]
    for (const { change, key } of this.#unknown) {
      const version = kinds
        .map((kind) => createdIn.get(`${kind} ${key}`))
        .find((known) => known !== undefined)
      const isPast = kinds.some((kind) => options.archivedBefore?.has(`${kind} ${key}`))
      if (version === undefined || version > change.version || isPast) continue
      found.push(`${about(change)} before ${key}, which it refers to`)
    }
    for (const { change, key } of this.#leftBehind) {
      const isAside = options.setAside?.has(key) === true
      if (archivedIn.has(`${change.version} ${key}`) && !isAside) found.push(`${about(change)} before ${key}`)
    }
    return found
  }

  async #call(action: string, changes: readonly TargetChange[], call: TargetCall): Promise<void> {
    this.calls.push([...changes])
    this.contexts.push(call)
    const kindsOfCall = new Set(changes.map(({ kind }) => kind))
    if (changes.length === 0 || kindsOfCall.size > 1) this.violations.push(`${action} of ${[...kindsOfCall]}`)
    await this.beforeCall(changes)
    for (const change of changes) {
      this.beforeChange(change)
      if (change.action !== action) this.violations.push(`${about(change)} in a call of ${action}`)
      this.#write(change)
    }
    await this.afterCall(changes)
  }

  #write(change: TargetChange): void {
    const { kind, id, action, version, after } = change
    const key = `${kind} ${id}`
    const row = this.rows.get(key)
    if (row !== undefined && row.version > version) {
      this.violations.push(`${about(change)} after version ${row.version}`)
    }
    if (row === undefined && action === "archive")
      this.violations.push(`${about(change)}, which was never created`)
    if (action === "archive") {
      for (const [other, { state, data, version: at }] of this.rows) {
        const isLeft = state === "active" && at < version && namesIn(data).has(id)
        if (isLeft) this.#leftBehind.push({ change, key: other })
      }
    } else {
      const known = new Set([...this.rows.keys()].map((one) => one.split(" ")[1] ?? ""))
      for (const name of namesIn(after)) if (!known.has(name)) this.#unknown.push({ change, key: name })
    }
    this.rows.set(key, { state: action === "archive" ? "archived" : "active", data: after, version })
    if (kind === "section") this.#enrol(change)
    this.written.push(change)
  }

  #enrol({ id, joined, left }: TargetChange): void {
    const members = this.enrolments.get(id) ?? new Set()
    for (const person of left) members.delete(`${person.role} ${person.id}`)
    for (const person of joined) members.add(`${person.role} ${person.id}`)
    if (members.size > 0) this.enrolments.set(id, members)
    else this.enrolments.delete(id)
  }
}

/** Every change that was ever committed, commit by commit. */
export async function wholeLog(
  storage: RosterStorage,
  districtId: string,
): Promise<{ version: number; changeId: string; change: LoggedChange }[]> {
  const log: { version: number; changeId: string; change: LoggedChange }[] = []
  const commits = await storage.listCommits({ districtId, limit: 100_000 })
  for (const { runId, version } of commits) {
    for (const change of await storage.listChanges({ runId, limit: 100_000 })) {
      log.push({ version, changeId: `${runId}/${change.kind}/${change.id}`, change })
    }
  }
  return log
}

function about({ action, kind, id, version }: TargetChange): string {
  return `version ${version}: ${action} ${kind} ${id}`
}

/** All Clever ids in a record but its own and its district's. */
function namesIn(record: RosterRecord): Set<string> {
  const names = new Set<string>()
  const walk = (value: unknown, name: string) => {
    if (name === "legacy_id" || name === "id" || name === "district") return
    if (typeof value === "string" && /^[0-9a-f]{24}$/.test(value)) names.add(value)
    else if (typeof value === "object" && value !== null) {
      for (const [key, inner] of Object.entries(value)) walk(inner, Array.isArray(value) ? name : key)
    }
  }
  walk(record, "")
  names.delete(record.id)
  return names
}
