export { type CanonicalJsonOptions, canonicalJson, isEmptyValue } from "./canonical-json.ts"
export {
  type Credentials,
  type ExtensionFields,
  type Grade,
  idPattern,
  type LmsStatus,
  type Location,
  type Maybe,
  type Name,
  type OpenEnum,
  type Timestamp,
  type YesNo,
} from "./common.ts"
export type { ContactRole, StudentRelationship } from "./contact.ts"
export { type Course, courseSchema } from "./course.ts"
export { diffRecords, type FieldChange } from "./diff-records.ts"
export {
  type District,
  type DistrictContact,
  type DistrictState,
  districtSchema,
} from "./district.ts"
export { type DistrictAdminRole, districtAdminRoleSchema } from "./district-admin.ts"
export {
  type Enrolment,
  type EnrolmentChanges,
  enrolmentChanges,
  type SectionPeople,
} from "./enrolment-changes.ts"
export { type CleverEvent, type EventData, type EventType, eventSchema } from "./event.ts"
export { canonicalFingerprint, isSameContent, rawFingerprint, schemaVersion } from "./fingerprint.ts"
export { type ApiVersion, type Kind, kinds, type Role, roles } from "./kinds.ts"
export {
  type ParseRecordResult,
  parseRecord,
  type RecordByKind,
  type RosterRecord,
  recordSchemas,
} from "./parse-record.ts"
export type {
  EventPage,
  EventPagesOptions,
  FeedEvent,
  RecordPage,
  RecordPagesOptions,
  RecordTextOptions,
  RosterSource,
} from "./record-page.ts"
export { type Resource, resourceSchema } from "./resource.ts"
export { type Principal, type School, schoolSchema } from "./school.ts"
export { type Section, type Subject, sectionSchema } from "./section.ts"
export { type StaffRole, staffRoleSchema } from "./staff.ts"
export { type Disability, type SchoolEnrollment, type StudentRole, studentRoleSchema } from "./student.ts"
export { type TeacherRole, teacherRoleSchema } from "./teacher.ts"
export { type Term, termSchema } from "./term.ts"
export { type Token, type TokenOwner, tokenSchema } from "./token.ts"
export { type User, type UserRoles, userRolesSchema, userSchema } from "./user.ts"
