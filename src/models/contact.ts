import * as z from "zod"
import { type Maybe, type OpenEnum, text } from "./common.ts"

/** What a contact is to one student; one entry for every appearance in the district's system. */
export interface StudentRelationship {
  /** User id of the student. */
  student?: Maybe<string>
  relationship?: Maybe<OpenEnum<"Parent" | "Grandparent" | "Self" | "Aunt/Uncle" | "Sibling" | "Other" | "">>
  type?: Maybe<OpenEnum<"Parent/Guardian" | "Emergency" | "Primary" | "Secondary" | "Family" | "Other" | "">>
}

/**
 * The contact role of a user (dev.clever.com/docs/student-contacts): a parent, guardian or emergency contact.
 * A contact has no other role; the whole name stands in `name.last`.
 */
export interface ContactRole {
  phone?: Maybe<string>
  phone_type?: Maybe<OpenEnum<"Cell" | "Home" | "Work" | "Other" | "">>
  sis_id?: Maybe<string>
  student_relationships?: Maybe<StudentRelationship[]>
  /** The id that the person had in Clever's API v2, for migrating only. */
  legacy_id?: Maybe<string>
}

export const studentRelationshipSchema: z.ZodType<StudentRelationship> = z.looseObject({
  student: text,
  relationship: text,
  type: text,
})

export const contactRoleSchema: z.ZodType<ContactRole> = z.looseObject({
  phone: text,
  phone_type: text,
  sis_id: text,
  student_relationships: z.array(studentRelationshipSchema).nullish(),
  legacy_id: text,
})
