import type { Kind } from "../../models/kinds.ts"

/** What is erased: one record with every mention of its id, or everything of a district. */
export type ErasureSelection =
  | { districtId: string; kind: Kind; id: string }
  | { districtId: string; kind?: undefined; id?: undefined }

/** How much went. */
export interface ErasureCounts {
  /** Records of the roster. */
  records: number
  /** Contents in plans and change logs, rejected ones included. */
  contents: number
  /** Contents of other records that mentioned the id, and no longer do. */
  mentions: number
  /** Documents, overrides of fields included. */
  documents: number
  /** Links, one-time keys and session epochs. */
  logins: number
  /** Runs, where a whole district goes. */
  runs: number
}

/** What has outlived its time (S31); times are ISO 8601 in UTC, and absent ones purge nothing. */
export interface PurgeRequest {
  districtId: string
  /** Change logs of runs that ended before. Contents that the roster has stay. */
  changesBefore?: string | undefined
  /** Records that were archived before, with all that was logged of them. */
  archivedBefore?: string | undefined
  /** Plans of runs that were begun before and never committed. */
  stagedBefore?: string | undefined
  /** Change logs from this commit of the district on are kept, whatever their age: a target waits for them. */
  keepFromVersion?: number | undefined
}

export interface PurgeCounts {
  records: number
  contents: number
}
