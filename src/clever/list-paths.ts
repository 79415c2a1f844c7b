import type { RecordByKind, Resource } from "../models/index.ts"

/** What of Clever's API can be listed: the six kinds of the roster, and resources. */
export interface ListedByKind extends RecordByKind {
  resource: Resource
}

/** A kind of record that can be listed. */
export type ListedKind = keyof ListedByKind

/** Where each kind is listed. */
export const listPaths: Readonly<Record<ListedKind, string>> = {
  district: "/districts",
  school: "/schools",
  term: "/terms",
  course: "/courses",
  user: "/users",
  section: "/sections",
  resource: "/resources",
}
