import * as z from "zod"
import {
  type ExtensionFields,
  extensionFields,
  type Grade,
  type LmsStatus,
  lmsStatusSchema,
  type Maybe,
  type OpenEnum,
  type Timestamp,
  text,
  texts,
} from "./common.ts"

/** The subject of a section. */
export type Subject = OpenEnum<
  | "english/language arts"
  | "math"
  | "science"
  | "social studies"
  | "language"
  | "homeroom/advisory"
  | "interventions/online learning"
  | "technology and engineering"
  | "PE and health"
  | "arts and music"
  | "other"
  | ""
>

/**
 * A section: one class with its teachers and students (dev.clever.com/docs/sections).
 *
 * It is the only link between students and teachers. Its id lists may name people whom the district does not
 * share (S14).
 */
export interface Section {
  id: string
  /** Id of the district. */
  district: string
  /** Id of the one school the section belongs to; its people may belong to others. */
  school?: Maybe<string>
  name?: Maybe<string>
  created?: Maybe<Timestamp>
  last_modified?: Maybe<Timestamp>
  sis_id?: Maybe<string>
  section_number?: Maybe<string>
  subject?: Maybe<Subject>
  grade?: Maybe<Grade>
  period?: Maybe<string>
  /** Id of the course. */
  course?: Maybe<string>
  /** Id of the term. */
  term_id?: Maybe<string>
  /** User id of the first teacher; also first in `teachers`. */
  teacher?: Maybe<string>
  /** User ids, at most ten. */
  teachers?: Maybe<string[]>
  /** User ids. */
  students?: Maybe<string[]>
  /** v3.1 */
  lms_status?: Maybe<LmsStatus>
  ext?: Maybe<ExtensionFields>
}

export const sectionSchema: z.ZodType<Section> = z.looseObject({
  id: z.string(),
  district: z.string(),
  school: text,
  name: text,
  created: text,
  last_modified: text,
  sis_id: text,
  section_number: text,
  subject: text,
  grade: text,
  period: text,
  course: text,
  term_id: text,
  teacher: text,
  teachers: texts,
  students: texts,
  lms_status: lmsStatusSchema.nullish(),
  ext: extensionFields,
})
