import * as z from "zod"
import { type Maybe, type Name, nameSchema, type OpenEnum, type Timestamp, text, texts } from "./common.ts"

/** The account owner of a district at Clever; shared with every connected app. */
export interface DistrictContact {
  id?: Maybe<string>
  district?: Maybe<string>
  email?: Maybe<string>
  name?: Maybe<Name>
  title?: Maybe<string>
}

/** `running` and `success` are the normal states; in the others Clever's copy stands still. */
export type DistrictState = OpenEnum<"running" | "pending" | "error" | "paused" | "success" | "">

/** A district, as Clever's Data API v3.0 and v3.1 give it (dev.clever.com/docs/districts). */
export interface District {
  id: string
  name?: Maybe<string>
  district_contact?: Maybe<DistrictContact>
  /** For people to read; its wording may change. */
  error?: Maybe<string>
  state?: Maybe<DistrictState>
  /** `sftp`, or the name of the district's student information system. */
  sis_type?: Maybe<string>
  /** `YYYY-MM-DD`: when the district's people may begin to log in. Data can be read before. */
  launch_date?: Maybe<string>
  portal_url?: Maybe<string>
  login_methods?: Maybe<string[]>
  /** The last good sync from the district into Clever; stays old during a pause or hold. */
  last_sync?: Maybe<Timestamp>
  /** When the data shared with this app last changed; only with App Sync Notifications. */
  last_clever_sync?: Maybe<Timestamp>
  mdr_number?: Maybe<string>
  nces_id?: Maybe<string>
  /** Date or date and time. */
  pause_start?: Maybe<string>
  /** Date or date and time. */
  pause_end?: Maybe<string>
  /** v3.1 */
  lms_type?: Maybe<OpenEnum<"canvas" | "schoology" | "google_classroom" | "">>
  /** v3.1 */
  lms_state?: Maybe<
    OpenEnum<
      | "initial_sync_processing"
      | "pending_authorization"
      | "matching_in_progress"
      | "error"
      | "disconnected"
      | "success"
      | ""
    >
  >
  /** v3.1 */
  last_attendance_sync?: Maybe<Timestamp>
}

export const districtContactSchema: z.ZodType<DistrictContact> = z.looseObject({
  id: text,
  district: text,
  email: text,
  name: nameSchema.nullish(),
  title: text,
})

export const districtSchema: z.ZodType<District> = z.looseObject({
  id: z.string(),
  name: text,
  district_contact: districtContactSchema.nullish(),
  error: text,
  state: text,
  sis_type: text,
  launch_date: text,
  portal_url: text,
  login_methods: texts,
  last_sync: text,
  last_clever_sync: text,
  mdr_number: text,
  nces_id: text,
  pause_start: text,
  pause_end: text,
  lms_type: text,
  lms_state: text,
  last_attendance_sync: text,
})
