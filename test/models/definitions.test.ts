import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { parse } from "yaml"
import { credentialsSchema, lmsStatusSchema, locationSchema, nameSchema } from "../../src/models/common.ts"
import { contactRoleSchema, studentRelationshipSchema } from "../../src/models/contact.ts"
import { districtContactSchema } from "../../src/models/district.ts"
import {
  courseSchema,
  districtAdminRoleSchema,
  districtSchema,
  eventSchema,
  resourceSchema,
  schoolSchema,
  sectionSchema,
  staffRoleSchema,
  studentRoleSchema,
  teacherRoleSchema,
  termSchema,
  userRolesSchema,
  userSchema,
} from "../../src/models/schemas.ts"
import { principalSchema } from "../../src/models/school.ts"
import { disabilitySchema, schoolEnrollmentSchema } from "../../src/models/student.ts"
import { cleverFolder, hasDefinitions } from "./recordings.ts"

/** What each of Clever's definitions is here. */
const schemas: Readonly<Record<string, unknown>> = {
  Contact: contactRoleSchema,
  Course: courseSchema,
  Credentials: credentialsSchema,
  Disability: disabilitySchema,
  District: districtSchema,
  DistrictAdmin: districtAdminRoleSchema,
  DistrictContact: districtContactSchema,
  Event: eventSchema,
  LmsStatus: lmsStatusSchema,
  Location: locationSchema,
  Name: nameSchema,
  PreferredName: nameSchema,
  Principal: principalSchema,
  Resource: resourceSchema,
  Roles: userRolesSchema,
  School: schoolSchema,
  SchoolEnrollment: schoolEnrollmentSchema,
  Section: sectionSchema,
  Staff: staffRoleSchema,
  Student: studentRoleSchema,
  StudentRelationship: studentRelationshipSchema,
  Teacher: teacherRoleSchema,
  Term: termSchema,
  User: userSchema,
}

/** Envelopes, errors and links, which are not records. */
const others =
  /^(BadRequest|InternalError|NotFound|Link|.*Response|.*Object|[a-z]+\.(created|updated|deleted))$/

interface Definition {
  properties?: Record<string, { type?: string; $ref?: string }>
}

interface Shaped {
  shape: Record<string, unknown>
  unwrap?: () => Shaped
  def: { type: string }
}

function typeOf(schema: unknown): string {
  const { def, unwrap } = schema as Shaped
  return def.type === "optional" || def.type === "nullable" ? typeOf(unwrap?.call(schema)) : def.type
}

describe("Clever's definitions", () => {
  it.for(["v3.1.yml", "v3.1-events.yml"])(
    "%s: every property of every record is known here",
    (file, context) => {
      if (!hasDefinitions) context.skip("Clever's definitions are not beside this project")
      const { definitions } = parse(readFileSync(`${cleverFolder}openapi/${file}`, "utf8")) as {
        definitions: Record<string, Definition>
      }
      const missing: string[] = []
      let compared = 0
      for (const [name, definition] of Object.entries(definitions)) {
        const schema = schemas[name] as Shaped | undefined
        if (schema === undefined) {
          if (!others.test(name)) missing.push(name)
          continue
        }
        for (const [key, property] of Object.entries(definition.properties ?? {})) {
          compared++
          const ours = schema.shape[key]
          const type = property.type ?? "object"
          if (ours === undefined) missing.push(`${name}.${key}`)
          else if (typeOf(ours) !== type) missing.push(`${name}.${key}: ${typeOf(ours)} instead of ${type}`)
        }
      }
      expect(missing).toEqual([])
      expect(compared).toBeGreaterThan(130)
    },
  )
})
