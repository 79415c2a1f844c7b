import { HomeroomError } from "../errors/index.ts"
import { type Kind, kinds } from "../models/kinds.ts"
import type { Ownership } from "../models/ownership.ts"
import type { Scope } from "../models/scope.ts"
import type {
  Connection,
  ConnectionSettings,
  GuardSettings,
  GuardThresholds,
  RosterStorage,
} from "../storage/contract.ts"
import { compileOwnership } from "./ownership/compiled-ownership.ts"
import { compileScope } from "./scope/compiled-scope.ts"

/** What goes for one run, from its start to its end, whatever is set meanwhile. */
export interface DistrictSettings {
  /** Undefined where the district was never connected. */
  connection: Connection | undefined
  guards: GuardSettings
  scope: Scope | undefined
  ownership: Ownership | undefined
}

/**
 * The settings of a district: its connection's, and where that has none, those for all districts. Guards go field by
 * field, and those of single kinds likewise; a rollover window, a scope and an ownership go as a whole,
 * but for a scope that only leaves ids out: it is added to that for all districts.
 *
 * Rejects with `INVALID_OPTIONS`, which names the field, if the connection holds something else than settings.
 */
export async function districtSettings(
  storage: RosterStorage,
  districtId: string,
  defaults: ConnectionSettings,
): Promise<DistrictSettings> {
  const connection = await storage.getConnection(districtId)
  const own = await checkSettings(connection?.settings ?? {}, { districtId })
  return {
    connection,
    guards: mergeGuards(defaults.guards, own.guards),
    scope: mergeScopes(defaults.scope, own.scope),
    ownership: own.ownership ?? defaults.ownership,
  }
}

/** Settings of the right form, as they are; else rejects with `INVALID_OPTIONS` and the field's name. */
export async function checkSettings(
  settings: ConnectionSettings,
  details: Record<string, string> = {},
): Promise<ConnectionSettings> {
  if (Object.values(settings).every((value) => value === undefined)) return settings
  const { settingsSchema } = await import("./settings-schema.ts")
  const { error } = settingsSchema.safeParse(settings)
  const [issue] = error?.issues ?? []
  if (issue === undefined) {
    compileScope(settings.scope)
    compileOwnership(settings.ownership)
    return settings
  }
  // A name that settings do not have is the field to name, not where it stands.
  const unknown = issue.code === "unrecognized_keys" ? issue.keys.slice(0, 1) : []
  const option = [...issue.path, ...unknown].join(".")
  const problem = unknown.length > 0 ? "there is no such setting" : issue.message
  throw new HomeroomError("INVALID_OPTIONS", {
    message: `The setting ${option} can't be used: ${problem}.`,
    details: { ...details, option },
  })
}

/** Leaving somebody out is no scope of a district's own: everything else goes as for all districts. */
function mergeScopes(defaults: Scope | undefined, own: Scope | undefined): Scope | undefined {
  if (own === undefined || defaults === undefined) return own ?? defaults
  const { exclude = [], ...rest } = own
  if (exclude.length === 0 || Object.values(rest).some((part) => part !== undefined)) return own
  return { ...defaults, exclude: [...new Set([...(defaults.exclude ?? []), ...exclude])] }
}

function mergeGuards(defaults: GuardSettings = {}, own: GuardSettings = {}): GuardSettings {
  const byKind: Partial<Record<Kind, GuardThresholds>> = {}
  for (const kind of kinds) {
    const merged = { ...given(defaults.kinds?.[kind]), ...given(own.kinds?.[kind]) }
    if (Object.keys(merged).length > 0) byKind[kind] = merged
  }
  return { ...given(defaults), ...given(own), kinds: byKind }
}

/** The fields that say something: an explicit `undefined` must not hide what goes for all districts. */
function given<Fields extends object>(fields: Fields | undefined): Partial<Fields> {
  return Object.fromEntries(
    Object.entries(fields ?? {}).filter(([, value]) => value !== undefined),
  ) as Partial<Fields>
}
