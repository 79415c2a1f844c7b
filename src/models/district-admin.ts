import * as z from "zod"
import { type Maybe, text } from "./common.ts"

/** The district admin role of a user (dev.clever.com/docs/users). It has no schools. */
export interface DistrictAdminRole {
  title?: Maybe<string>
  /** The id that the person had in Clever's API v2, for migrating only. */
  legacy_id?: Maybe<string>
}

export const districtAdminRoleSchema: z.ZodType<DistrictAdminRole> = z.looseObject({
  title: text,
  legacy_id: text,
})
