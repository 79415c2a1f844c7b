import * as z from "zod"
import {
  type Credentials,
  credentialsSchema,
  type ExtensionFields,
  extensionFields,
  type Grade,
  type Location,
  locationSchema,
  type Maybe,
  type Name,
  nameSchema,
  type OpenEnum,
  type Timestamp,
  text,
  texts,
  type YesNo,
} from "./common.ts"

/** The window in which a student has at least one active section at a school. */
export interface SchoolEnrollment {
  /** Id of the school. */
  school?: Maybe<string>
  start_date?: Maybe<string>
  end_date?: Maybe<string>
}

/** A student's disability record (v3.1). Sensitive: ask for it only if the app needs it. */
export interface Disability {
  disability_status?: Maybe<YesNo>
  disability_type?: Maybe<string>
  disability_code?: Maybe<string>
}

/** The student role of a user (dev.clever.com/docs/users). A student has no other role. */
export interface StudentRole {
  /** Id of the primary school, which can move during the year. */
  school?: Maybe<string>
  /** Ids of every school of the student. */
  schools?: Maybe<string[]>
  enrollments?: Maybe<SchoolEnrollment[]>
  sis_id?: Maybe<string>
  state_id?: Maybe<string>
  student_number?: Maybe<string>
  grade?: Maybe<Grade>
  graduation_year?: Maybe<string>
  gender?: Maybe<OpenEnum<"M" | "F" | "X" | "">>
  /** Month, day and year without leading zeros: `2/11/2007`. */
  dob?: Maybe<string>
  race?: Maybe<
    OpenEnum<
      | "Caucasian"
      | "Asian"
      | "Black or African American"
      | "American Indian"
      | "Hawaiian or Other Pacific Islander"
      | "Two or More Races"
      | "Unknown"
      | ""
    >
  >
  hispanic_ethnicity?: Maybe<YesNo>
  ell_status?: Maybe<YesNo>
  frl_status?: Maybe<OpenEnum<"Free" | "Reduced" | "Paid" | "Other" | "">>
  iep_status?: Maybe<string>
  gifted_status?: Maybe<YesNo>
  section_504_status?: Maybe<YesNo>
  home_language?: Maybe<string>
  /** ISO 639-3. */
  home_language_code?: Maybe<string>
  preferred_name?: Maybe<Name>
  disability?: Maybe<Disability>
  location?: Maybe<Location>
  credentials?: Maybe<Credentials>
  /** Undocumented copy of the user's e-mail address. */
  email?: Maybe<string>
  unweighted_gpa?: Maybe<string>
  weighted_gpa?: Maybe<string>
  /** The id that the person had in Clever's API v2, for migrating only. */
  legacy_id?: Maybe<string>
  created?: Maybe<Timestamp>
  last_modified?: Maybe<Timestamp>
  ext?: Maybe<ExtensionFields>
}

export const schoolEnrollmentSchema: z.ZodType<SchoolEnrollment> = z.looseObject({
  school: text,
  start_date: text,
  end_date: text,
})

export const disabilitySchema: z.ZodType<Disability> = z.looseObject({
  disability_status: text,
  disability_type: text,
  disability_code: text,
})

export const studentRoleSchema: z.ZodType<StudentRole> = z.looseObject({
  school: text,
  schools: texts,
  enrollments: z.array(schoolEnrollmentSchema).nullish(),
  sis_id: text,
  state_id: text,
  student_number: text,
  grade: text,
  graduation_year: text,
  gender: text,
  dob: text,
  race: text,
  hispanic_ethnicity: text,
  ell_status: text,
  frl_status: text,
  iep_status: text,
  gifted_status: text,
  section_504_status: text,
  home_language: text,
  home_language_code: text,
  preferred_name: nameSchema.nullish(),
  disability: disabilitySchema.nullish(),
  location: locationSchema.nullish(),
  credentials: credentialsSchema.nullish(),
  email: text,
  unweighted_gpa: text,
  weighted_gpa: text,
  legacy_id: text,
  created: text,
  last_modified: text,
  ext: extensionFields,
})
