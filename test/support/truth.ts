import { kinds } from "../../src/models/kinds.ts"
import { stripReferences } from "../../src/models/strip-references.ts"
import type { SimulatedDistrict } from "../../src/simulator/index.ts"

/** A roster by `kind id`, as `storedRoster` gives it. */
export type Roster = Map<string, { state: string; data: unknown }>

/** What was ever shared at a moment of an import, and whether it still is: what a store must hold after it. */
export class Truth {
  readonly #known: Roster = new Map()

  /** Takes the district as it is now; what a former look showed and this one does not is archived. */
  observe(district: SimulatedDistrict): Roster {
    const now = new Map<string, unknown>()
    for (const kind of kinds) {
      for (const record of district.records(kind)) now.set(`${kind} ${String(record.id)}`, record)
    }
    for (const [key, entry] of this.#known) if (!now.has(key)) entry.state = "archived"
    for (const [key, data] of now) this.#known.set(key, { state: "active", data })
    return structuredClone(this.#known)
  }

  /** Takes somebody who is forgotten out of what is known, until the next look shows them again. */
  forget(id: string): Roster {
    this.#known.delete(`user ${id}`)
    for (const entry of this.#known.values()) {
      const stripped = stripReferences(JSON.stringify(entry.data), id)
      if (stripped !== undefined) entry.data = JSON.parse(stripped)
    }
    return structuredClone(this.#known)
  }
}
