import * as z from "zod"
import { type Maybe, text } from "./common.ts"

/** A course of the district's catalogue (dev.clever.com/docs/courses). It belongs to no school. */
export interface Course {
  id: string
  /** Id of the district. */
  district: string
  name?: Maybe<string>
  number?: Maybe<string>
}

export const courseSchema: z.ZodType<Course> = z.looseObject({
  id: z.string(),
  district: z.string(),
  name: text,
  number: text,
})
