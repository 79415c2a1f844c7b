import * as z from "zod"
import {
  type LmsStatus,
  lmsStatusSchema,
  type Maybe,
  type Name,
  nameSchema,
  type Timestamp,
  text,
} from "./common.ts"
import { type ContactRole, contactRoleSchema } from "./contact.ts"
import { type DistrictAdminRole, districtAdminRoleSchema } from "./district-admin.ts"
import { type StaffRole, staffRoleSchema } from "./staff.ts"
import { type StudentRole, studentRoleSchema } from "./student.ts"
import { type TeacherRole, teacherRoleSchema } from "./teacher.ts"

/**
 * The roles of a user, each under its name. There is no main role: teacher, staff and district admin may
 * stand side by side.
 */
export interface UserRoles {
  student?: Maybe<StudentRole>
  teacher?: Maybe<TeacherRole>
  staff?: Maybe<StaffRole>
  district_admin?: Maybe<DistrictAdminRole>
  contact?: Maybe<ContactRole>
}

/**
 * A person, as Clever's Data API v3.0 and v3.1 give it (dev.clever.com/docs/users).
 *
 * The id is the only key. `email` is neither unique nor verified, may be missing and may lack an `@`.
 */
export interface User {
  id: string
  /** Id of the district. */
  district: string
  email?: Maybe<string>
  name?: Maybe<Name>
  created?: Maybe<Timestamp>
  last_modified?: Maybe<Timestamp>
  roles?: Maybe<UserRoles>
  /** v3.1 */
  lms_status?: Maybe<LmsStatus>
}

export const userRolesSchema: z.ZodType<UserRoles> = z.looseObject({
  student: studentRoleSchema.nullish(),
  teacher: teacherRoleSchema.nullish(),
  staff: staffRoleSchema.nullish(),
  district_admin: districtAdminRoleSchema.nullish(),
  contact: contactRoleSchema.nullish(),
})

export const userSchema: z.ZodType<User> = z.looseObject({
  id: z.string(),
  district: z.string(),
  email: text,
  name: nameSchema.nullish(),
  created: text,
  last_modified: text,
  roles: userRolesSchema.nullish(),
  lms_status: lmsStatusSchema.nullish(),
})
