import * as z from "zod"
import { type Maybe, text } from "./common.ts"

/**
 * A term (dev.clever.com/docs/terms). Its id comes from name, start and end: a changed term is a new one
 * with a new id, and the old one goes.
 */
export interface Term {
  id: string
  /** Id of the district. */
  district: string
  name?: Maybe<string>
  /** Usually `YYYY-MM-DD`. */
  start_date?: Maybe<string>
  /** Usually `YYYY-MM-DD`. */
  end_date?: Maybe<string>
}

export const termSchema: z.ZodType<Term> = z.looseObject({
  id: z.string(),
  district: z.string(),
  name: text,
  start_date: text,
  end_date: text,
})
