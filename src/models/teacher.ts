import * as z from "zod"
import {
  type Credentials,
  credentialsSchema,
  type ExtensionFields,
  extensionFields,
  type Maybe,
  type Name,
  nameSchema,
  type Timestamp,
  text,
  texts,
} from "./common.ts"

/** The teacher role of a user (dev.clever.com/docs/users). May lack `school` and `sis_id`. */
export interface TeacherRole {
  /** Id of the primary school. */
  school?: Maybe<string>
  /** Ids of every school of the teacher. */
  schools?: Maybe<string[]>
  sis_id?: Maybe<string>
  state_id?: Maybe<string>
  teacher_number?: Maybe<string>
  title?: Maybe<string>
  credentials?: Maybe<Credentials>
  /** The id that the person had in Clever's API v2, for migrating only. */
  legacy_id?: Maybe<string>
  /** Declared by Clever, not seen on the wire. */
  district?: Maybe<string>
  /** Declared by Clever, not seen on the wire. */
  name?: Maybe<Name>
  created?: Maybe<Timestamp>
  last_modified?: Maybe<Timestamp>
  ext?: Maybe<ExtensionFields>
}

export const teacherRoleSchema: z.ZodType<TeacherRole> = z.looseObject({
  school: text,
  schools: texts,
  sis_id: text,
  state_id: text,
  teacher_number: text,
  title: text,
  credentials: credentialsSchema.nullish(),
  legacy_id: text,
  district: text,
  name: nameSchema.nullish(),
  created: text,
  last_modified: text,
  ext: extensionFields,
})
