/** What a record is, without the zod schemas: those take longer to load than all else, and are in `schemas.ts`. */

export { canonicalJson, isEmptyValue } from "./canonical-json.ts"
export type {
  Credentials,
  ExtensionFields,
  Grade,
  LmsStatus,
  Location,
  Maybe,
  Name,
  OpenEnum,
  Timestamp,
  YesNo,
} from "./common.ts"
export type { ContactRole, StudentRelationship } from "./contact.ts"
export type { Course } from "./course.ts"
export { diffRecords, type FieldChange } from "./diff-records.ts"
export type { District, DistrictContact, DistrictState } from "./district.ts"
export type { DistrictAdminRole } from "./district-admin.ts"
export {
  type Enrolment,
  enrolmentChanges,
} from "./enrolment-changes.ts"
export type { CleverEvent, EventData, EventType } from "./event.ts"
export { canonicalFingerprint, isSameContent, rawFingerprint, schemaVersion } from "./fingerprint.ts"
export { idPattern } from "./ids.ts"
export { type ApiVersion, type Kind, kinds, type Role, roles } from "./kinds.ts"
export { nodeCrypto } from "./node-crypto.ts"
export { type FieldValue, mergeOverrides } from "./overrides.ts"
export type { FieldOwner, Ownership } from "./ownership.ts"
export type { RecordByKind, RosterRecord } from "./parse-record.ts"
export { processName } from "./process-name.ts"
export type { RateBudget } from "./rate-budget.ts"
export type {
  EventPage,
  EventPagesOptions,
  FeedEvent,
  RecordPage,
  RecordPagesOptions,
  RecordTextOptions,
  RosterSource,
  SourceOptions,
} from "./record-page.ts"
export type { Resource } from "./resource.ts"
export type { Principal, School } from "./school.ts"
export type { Scope } from "./scope.ts"
export type { Section, Subject } from "./section.ts"
export type { StaffRole } from "./staff.ts"
export type { Disability, SchoolEnrollment, StudentRole } from "./student.ts"
export type { TeacherRole } from "./teacher.ts"
export type { Term } from "./term.ts"
export { type Repeat, repeatWithTimer, type Sleep, sleepOnTimer } from "./timers.ts"
export type { Token, TokenOwner } from "./token.ts"
export type { User, UserRoles } from "./user.ts"
