import * as z from "zod"
import { type Maybe, type OpenEnum, type Timestamp, text } from "./common.ts"

type EventSubject = "districts" | "schools" | "terms" | "courses" | "sections" | "users" | "resources"

/** What an event is about and what happened; others may come and are skipped (S3). */
export type EventType = OpenEnum<`${EventSubject}.${"created" | "updated" | "deleted"}`>

/** What an event says. */
export interface EventData {
  /** The whole record after the change, or its last state if it is gone or no longer shared. */
  object?: Maybe<Record<string, unknown>>
  /** The former values of what changed, and only of that; lists are whole. Real answers have it here. */
  previous_attributes?: Maybe<Record<string, unknown>>
}

/**
 * An event of Clever's feed (dev.clever.com/docs/events-api). The feed's order counts; `created` is only
 * information.
 */
export interface CleverEvent {
  id: string
  type: EventType
  created?: Maybe<Timestamp>
  data?: Maybe<EventData>
  /** Clever's definitions put it here; its answers put it into `data`. */
  previous_attributes?: Maybe<Record<string, unknown>>
}

const anyObject = z.looseObject({}).nullish()

export const eventDataSchema: z.ZodType<EventData> = z.looseObject({
  object: anyObject,
  previous_attributes: anyObject,
})

export const eventSchema: z.ZodType<CleverEvent> = z.looseObject({
  id: z.string(),
  type: z.string(),
  created: text,
  data: eventDataSchema.nullish(),
  previous_attributes: anyObject,
})
