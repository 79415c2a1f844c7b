/**
 * The zod schemas of every object of Clever's API, and the check that imports put each record through.
 *
 * @packageDocumentation
 */

export { contactRoleSchema } from "./contact.ts"
export { courseSchema } from "./course.ts"
export { districtSchema } from "./district.ts"
export { districtAdminRoleSchema } from "./district-admin.ts"
export { eventSchema } from "./event.ts"
export { type ParseRecordResult, parseRecord, recordSchemas } from "./parse-record.ts"
export { resourceSchema } from "./resource.ts"
export { schoolSchema } from "./school.ts"
export { sectionSchema } from "./section.ts"
export { staffRoleSchema } from "./staff.ts"
export { studentRoleSchema } from "./student.ts"
export { teacherRoleSchema } from "./teacher.ts"
export { termSchema } from "./term.ts"
export { tokenSchema } from "./token.ts"
export { userRolesSchema, userSchema } from "./user.ts"
