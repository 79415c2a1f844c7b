import { z } from "zod"
import { HomeroomError } from "../errors/index.ts"
import { type Kind, kinds, type Role, roles } from "../models/kinds.ts"
import type { Ownership } from "../models/ownership.ts"
import type { Scope } from "../models/scope.ts"
import type {
  Connection,
  ConnectionSettings,
  GuardSettings,
  GuardThresholds,
  RosterStorage,
} from "../storage/contract.ts"

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
 * field, and those of single kinds likewise; a rollover window, a scope and an ownership go as a whole.
 *
 * Rejects with `INVALID_OPTIONS`, which names the field, if the connection holds something else than settings.
 */
export async function districtSettings(
  storage: RosterStorage,
  districtId: string,
  defaults: ConnectionSettings,
): Promise<DistrictSettings> {
  const connection = await storage.getConnection(districtId)
  const own = checkSettings(connection?.settings ?? {}, { districtId })
  return {
    connection,
    guards: mergeGuards(defaults.guards, own.guards),
    scope: own.scope ?? defaults.scope,
    ownership: own.ownership ?? defaults.ownership,
  }
}

/** Settings of the right form, as they are; else throws `INVALID_OPTIONS` with the field's name. */
export function checkSettings(
  settings: ConnectionSettings,
  details: Record<string, string> = {},
): ConnectionSettings {
  const { error } = settingsSchema.safeParse(settings)
  const [issue] = error?.issues ?? []
  if (issue === undefined) return settings
  // A name that settings do not have is the field to name, not where it stands.
  const unknown = issue.code === "unrecognized_keys" ? issue.keys.slice(0, 1) : []
  const option = [...issue.path, ...unknown].join(".")
  const problem = unknown.length > 0 ? "there is no such setting" : issue.message
  throw new HomeroomError("INVALID_OPTIONS", {
    message: `The setting ${option} can't be used: ${problem}.`,
    details: { ...details, option },
  })
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

const names = z.array(z.string().min(1))
const share = z.number().min(0).max(1)

const thresholds = {
  archivedShare: share.optional(),
  updatedShare: share.optional(),
  rejectedShare: share.optional(),
  atLeast: z.int().min(0).optional(),
  mayEmpty: z.boolean().optional(),
  maySchoolsGo: z.boolean().optional(),
}

const thresholdsByKind = z.partialRecord(z.enum(kinds), z.strictObject(thresholds))

const rolloverSchema = z
  .strictObject({
    ...thresholds,
    from: z.iso.date(),
    to: z.iso.date(),
    kinds: thresholdsByKind.optional(),
  })
  .refine(({ from, to }) => from <= to, { path: ["to"], message: "it lies before the window's first day" })

const settingsSchema: z.ZodType<ConnectionSettings> = z.strictObject({
  guards: z
    .strictObject({
      ...thresholds,
      onHold: z.enum(["everything", "risky-only"]).optional(),
      kinds: thresholdsByKind.optional(),
      rollover: rolloverSchema.optional(),
    })
    .optional(),
  scope: z
    .strictObject({
      kinds: z.array(z.enum(kinds)).optional(),
      roles: z.array(z.enum(roles)).optional(),
      schools: names.optional(),
      fields: z.partialRecord(z.enum([...kinds, ...roles] satisfies (Kind | Role)[]), names).optional(),
      exclude: names.optional(),
    })
    .optional(),
  ownership: z
    .partialRecord(z.enum(kinds), z.record(z.string().min(1), z.enum(["clever", "sticky", "app"])))
    .optional(),
})
