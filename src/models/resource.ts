import * as z from "zod"
import { type Maybe, type OpenEnum, type Timestamp, text, texts } from "./common.ts"

/**
 * A resource: something to study that a district assigns through Clever. Needs the scope `read:resources`.
 * Its date of change is called `updated`, unlike everywhere else.
 */
export interface Resource {
  id: string
  /** Id of the district. */
  district?: Maybe<string>
  /** The app's own id of the resource. */
  resource_id?: Maybe<string>
  title?: Maybe<string>
  roles?: Maybe<OpenEnum<"teacher" | "student">[]>
  created?: Maybe<Timestamp>
  updated?: Maybe<Timestamp>
}

export const resourceSchema: z.ZodType<Resource> = z.looseObject({
  id: z.string(),
  district: text,
  resource_id: text,
  title: text,
  roles: texts,
  created: text,
  updated: text,
})
