import * as z from "zod"
import {
  type Credentials,
  credentialsSchema,
  type ExtensionFields,
  extensionFields,
  type Maybe,
  type OpenEnum,
  text,
  texts,
} from "./common.ts"

/** The staff role of a user (dev.clever.com/docs/users). It has `staff_id`, but neither `sis_id` nor `school`. */
export interface StaffRole {
  staff_id?: Maybe<string>
  /** Ids of the schools. */
  schools?: Maybe<string[]>
  /** What the person may do in Clever itself. */
  roles?: Maybe<OpenEnum<"PortalOnly" | "SchoolTechLead">[]>
  title?: Maybe<string>
  department?: Maybe<string>
  credentials?: Maybe<Credentials>
  /** The id that the person had in Clever's API v2, for migrating only. */
  legacy_id?: Maybe<string>
  ext?: Maybe<ExtensionFields>
}

export const staffRoleSchema: z.ZodType<StaffRole> = z.looseObject({
  staff_id: text,
  schools: texts,
  roles: texts,
  title: text,
  department: text,
  credentials: credentialsSchema.nullish(),
  legacy_id: text,
  ext: extensionFields,
})
