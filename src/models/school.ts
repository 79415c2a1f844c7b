import * as z from "zod"
import {
  type ExtensionFields,
  extensionFields,
  type Grade,
  type Location,
  locationSchema,
  type Maybe,
  type Timestamp,
  text,
} from "./common.ts"

/** The head of a school; `name` is one text here. */
export interface Principal {
  name?: Maybe<string>
  email?: Maybe<string>
}

/** A school, as Clever's Data API v3.0 and v3.1 give it (dev.clever.com/docs/schools). */
export interface School {
  id: string
  /** Id of the district. */
  district: string
  name?: Maybe<string>
  created?: Maybe<Timestamp>
  last_modified?: Maybe<Timestamp>
  /** The district's own id; unique within the district only. */
  sis_id?: Maybe<string>
  school_number?: Maybe<string>
  state_id?: Maybe<string>
  nces_id?: Maybe<string>
  mdr_number?: Maybe<string>
  phone?: Maybe<string>
  low_grade?: Maybe<Grade>
  high_grade?: Maybe<Grade>
  location?: Maybe<Location>
  principal?: Maybe<Principal>
  ext?: Maybe<ExtensionFields>
}

export const principalSchema: z.ZodType<Principal> = z.looseObject({ name: text, email: text })

export const schoolSchema: z.ZodType<School> = z.looseObject({
  id: z.string(),
  district: z.string(),
  name: text,
  created: text,
  last_modified: text,
  sis_id: text,
  school_number: text,
  state_id: text,
  nces_id: text,
  mdr_number: text,
  phone: text,
  low_grade: text,
  high_grade: text,
  location: locationSchema.nullish(),
  principal: principalSchema.nullish(),
  ext: extensionFields,
})
