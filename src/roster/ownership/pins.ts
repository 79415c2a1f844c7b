import { canonicalJson } from "../../models/canonical-json.ts"
import { valueAtPath } from "../../models/field-path.ts"
import { isEmptyValue } from "../../models/index.ts"
import { type Kind, kinds } from "../../models/kinds.ts"
import { hasRole } from "../../models/overrides.ts"
import type { Action, FieldOverride, LoggedChange, RosterStorage, Run } from "../../storage/contract.ts"
import type { CompiledScope } from "../scope/compiled-scope.ts"
import type { CompiledOwnership } from "./compiled-ownership.ts"

/** Who is named as having set a value that Clever gave when the record was created. */
export const byCreation = "creation"

const changesPerLookup = 500

/**
 * The values to be kept of fields that are the app's, for a run that would change them (S19): what they were before, as
 * overrides to be made in the run's own commit. Fields that have an override already need none.
 *
 * Reads the run's staged updates of the kinds that have such fields, and nothing where there are none. Costs memory for
 * each record whose field is changed for the first time.
 */
export async function pinAppFields(
  storage: RosterStorage,
  options: {
    run: Run
    ownership: CompiledOwnership
    scope: CompiledScope | undefined
    /** Those that take effect. */
    actions: readonly Action[]
    /** ISO 8601 in UTC. */
    at: string
  },
): Promise<FieldOverride[]> {
  const { run, ownership, scope, at } = options
  const { districtId } = run
  const actions = (["update", "restore", "archive"] as const).filter((action) =>
    options.actions.includes(action),
  )
  const pins: FieldOverride[] = []
  for (const kind of kinds) {
    const fields = ownership.appFields(kind)
    if (fields.length === 0 || actions.length === 0) continue
    let after: { kind: Kind; id: string } | undefined
    for (;;) {
      const changes = await storage.listChanges({
        runId: run.id,
        kind,
        actions,
        after,
        limit: changesPerLookup,
      })
      const last = changes.at(-1)
      if (last === undefined) break
      after = { kind, id: last.id }
      const found = changes.flatMap((change) => {
        const contents = contentsOf(change, scope)
        return fields
          .filter(({ keys }) => contents !== undefined && isOverwritten(contents, keys))
          .map(({ path, keys }) => ({
            id: change.id,
            path,
            value: valueAtPath(contents?.before, keys) ?? null,
          }))
      })
      const known = await overriddenAmong(storage, {
        districtId,
        kind,
        ids: [...new Set(found.map(({ id }) => id))],
      })
      for (const pin of found) {
        if (known.has(keyOf(pin))) continue
        pins.push({ districtId, kind, ...pin, at, by: byCreation })
      }
    }
  }
  return pins
}

interface Contents {
  before: object
  after: object
}

/** Undefined where the content stays as it was. */
function contentsOf(change: LoggedChange, scope: CompiledScope | undefined): Contents | undefined {
  if (change.before === null || change.after === null) return undefined
  const before: object = JSON.parse(change.before)
  // What has gone out of scope since is not kept for being the app's (S18).
  const verdict = scope?.judge(change.kind, before)
  if (verdict !== undefined && verdict.state !== "in") return undefined
  return { before: (verdict?.value ?? before) as object, after: JSON.parse(change.after) as object }
}

/** A role that comes brings its first values; Clever's ways of saying nothing are the same (S8). */
function isOverwritten({ before, after }: Contents, keys: readonly string[]): boolean {
  if (!hasRole(before, keys)) return false
  const [was, is] = [valueAtPath(before, keys), valueAtPath(after, keys)]
  if (isEmptyValue(was) && isEmptyValue(is)) return false
  return canonicalJson([was ?? null]) !== canonicalJson([is ?? null])
}

async function overriddenAmong(
  storage: RosterStorage,
  query: { districtId: string; kind: Kind; ids: readonly string[] },
): Promise<Set<string>> {
  const known = new Set<string>()
  if (query.ids.length === 0) return known
  let after: { id: string; path: string } | undefined
  for (;;) {
    const overrides = await storage.listOverrides({ ...query, after, limit: changesPerLookup })
    for (const override of overrides) known.add(keyOf(override))
    const last = overrides.at(-1)
    if (last === undefined) return known
    after = { id: last.id, path: last.path }
  }
}

function keyOf({ id, path }: { id: string; path: string }): string {
  return `${id} ${path}`
}
