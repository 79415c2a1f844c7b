export type { DistrictOptions, ListOptions, SingleOptions } from "./api-reader.ts"
export { type CleverApp, type CleverAppOptions, cleverApps } from "./clever-apps.ts"
export {
  CleverClient,
  type RelatedOneOptions,
  type RelatedOptions,
  type UserListOptions,
} from "./clever-client.ts"
export type { CleverClientEvent, CleverClientOptions, RequestReport } from "./client-options.ts"
export type { FeedOptions } from "./event-feed.ts"
export type { ListedByKind, ListedKind } from "./list-paths.ts"
export type { RejectedRecord } from "./record-lists.ts"
export type {
  ListRelationOf,
  RelatedRecord,
  RelationOwner,
  SingleRelation,
  SingleRelationOf,
} from "./relations.ts"
export { DistrictToken } from "./tokens.ts"
