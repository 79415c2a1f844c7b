import { recordKey, referencesOf } from "./references.ts"
import type { TargetChange } from "./target.ts"

/** Changes that are not delivered yet, and what must not be delivered before them. */
export class SkippedChanges {
  /** Whose they are, and what is named by those that go: what a record needs is archived after it. */
  readonly #records = new Set<string>()
  /** The records that they bring. */
  readonly #missing = new Set<string>()

  add(changes: readonly TargetChange[]): void {
    for (const { kind, id, action, before } of changes) {
      const key = recordKey(kind, id)
      this.#records.add(key)
      if (action === "create" || action === "restore") this.#missing.add(key)
      if (action !== "archive" || before === null) continue
      // As the target has it: an undo may archive with another content.
      for (const named of referencesOf(kind, before)) this.#records.add(named)
    }
  }

  /** Whether a change must wait for any of them. */
  concern({ kind, id, action, after }: TargetChange): boolean {
    if (this.#records.has(recordKey(kind, id))) return true
    return action !== "archive" && referencesOf(kind, after).some((key) => this.#missing.has(key))
  }
}
