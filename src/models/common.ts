import * as z from "zod"

/**
 * A value that Clever may leave out. Clever says "nothing" with an absent key, `null`, `""` or `[]`, and all
 * four mean the same (S8): test with `if (!value)` for texts and `value ?? []` for lists.
 */
export type Maybe<T> = T | null | undefined

/** An open enumeration: the known words help an editor, any other word is accepted (Clever adds words freely). */
export type OpenEnum<T extends string> = T | (string & Record<never, never>)

/** A date and time as Clever writes it: ISO 8601 with milliseconds, `2021-03-02T22:24:53.347Z`. */
export type Timestamp = string

/** Custom fields, named by the district; values are passed on as they are. */
export type ExtensionFields = Record<string, unknown>

/** `Y`, `N` or empty: how Clever writes a yes or no. */
export type YesNo = OpenEnum<"Y" | "N" | "">

/** A school grade. */
export type Grade = OpenEnum<
  | "InfantToddler"
  | "Preschool"
  | "PreKindergarten"
  | "TransitionalKindergarten"
  | "Kindergarten"
  | "1"
  | "2"
  | "3"
  | "4"
  | "5"
  | "6"
  | "7"
  | "8"
  | "9"
  | "10"
  | "11"
  | "12"
  | "13"
  | "PostGraduate"
  | "Ungraded"
  | "Other"
  | ""
>

/** A person's name. Contacts have only `last`, with their full name in it. */
export interface Name {
  first?: Maybe<string>
  middle?: Maybe<string>
  last?: Maybe<string>
}

/** A postal address, of a school or a student. `lat` and `lon` are decimal degrees as text. */
export interface Location {
  address?: Maybe<string>
  city?: Maybe<string>
  state?: Maybe<string>
  zip?: Maybe<string>
  lat?: Maybe<string>
  lon?: Maybe<string>
}

/** How a person signs in at the district. */
export interface Credentials {
  district_username?: Maybe<string>
}

/** Whether the record also exists in the district's learning management system (v3.1). */
export interface LmsStatus {
  synced_in_lms?: Maybe<boolean>
}

// One schema of each sort, used everywhere: building schemas is what importing zod code costs.

/** Text, or one of Clever's ways of saying nothing. */
export const text: z.ZodOptional<z.ZodNullable<z.ZodString>> = z.string().nullish()

/** A list of ids or words. */
export const texts: z.ZodOptional<z.ZodNullable<z.ZodArray<z.ZodString>>> = z.array(z.string()).nullish()

/** An object whose keys the district names. */
export const extensionFields: z.ZodOptional<z.ZodNullable<z.ZodType<ExtensionFields>>> = (
  z.looseObject({}) as z.ZodType<ExtensionFields>
).nullish()

export const nameSchema: z.ZodType<Name> = z.looseObject({ first: text, middle: text, last: text })

export const locationSchema: z.ZodType<Location> = z.looseObject({
  address: text,
  city: text,
  state: text,
  zip: text,
  lat: text,
  lon: text,
})

export const credentialsSchema: z.ZodType<Credentials> = z.looseObject({ district_username: text })

export const lmsStatusSchema: z.ZodType<LmsStatus> = z.looseObject({ synced_in_lms: z.boolean().nullish() })
