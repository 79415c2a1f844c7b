import * as z from "zod"
import { type Kind, kinds, type Role, roles } from "../models/kinds.ts"
import type { ConnectionSettings } from "../storage/contract.ts"

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

/** The form of a district's settings; a name that there is not is refused. */
export const settingsSchema: z.ZodType<ConnectionSettings> = z.strictObject({
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
  app: names.element.optional(),
  // What is in it is the scheduler's to judge: no import fails because of it.
  schedule: z
    .strictObject({
      cron: z.string().optional(),
      timeZone: z.string().optional(),
      jitterMinutes: z.number().optional(),
      blackout: z
        .array(z.union([z.string(), z.strictObject({ from: z.string(), to: z.string() })]))
        .optional(),
      bulkEveryDays: z.number().optional(),
      atLeastDaily: z.boolean().optional(),
    })
    .optional(),
  ownership: z
    .partialRecord(z.enum(kinds), z.record(z.string().min(1), z.enum(["clever", "sticky", "app"])))
    .optional(),
})
