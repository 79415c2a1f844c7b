import type { Variant } from "./district/page-set.ts"

/** A district on the page server, and what an import of it must find. */
export interface ServedDistrict {
  /** The server's own address. */
  origin: string
  districtId: string
  users: number
  records: number
  changedRecords: number
  variants: readonly Variant[]
}

/** What is timed side by side, in the order of a round. */
export const subjects = [
  "floor",
  "first",
  "unchanged",
  "changed",
  "reordered",
  "plan",
  "apply",
  "deliver",
  "bare",
  "naive-first",
  "naive-resync",
  "rows-first",
  "rows-resync",
  "careful-first",
  "careful-resync",
] as const

export type Subject = (typeof subjects)[number]

/** What the measuring process is to do. `folder` is for its databases. */
export type MeasureTask =
  | {
      task: "rounds"
      district: ServedDistrict
      warmUp: ServedDistrict
      subjects: readonly Subject[]
      rounds: number
      latencyMs: number
      folder: string
    }
  | { task: "events"; districts: readonly ServedDistrict[]; rounds: number; folder: string }
  | { task: "fairness"; district: ServedDistrict; small: number; rounds: number; folder: string }
  | { task: "console-pages"; districts: readonly ServedDistrict[]; rounds: number; folder: string }
  | { task: "rows-written"; district: ServedDistrict; folder: string }
  | {
      task: "logins"
      /** The origins of the apps. */
      apps: Partial<Record<LoginSubject, string>>
      rounds: number
      logins: number
      concurrency: number
      providerCookie: string
      personId: string
    }

/** Whose logins are compared: Homeroom's, and express-openid-connect's with and without asking for roles. */
export const loginSubjects = ["homeroom", "peer", "peer-bare"] as const

export type LoginSubject = (typeof loginSubjects)[number]

/** What each round of logins took, by subject. */
export type LoginTimes = Partial<Record<LoginSubject, Taken[]>>

/** What the app's process is to be. */
export interface LoginAppTask {
  subject: LoginSubject
  authUrl: string
  apiUrl: string
  clientId: string
  clientSecret: string
}

/** What it tells when it is ready. */
export interface LoginAppReport {
  origin: string
}

/** What the provider's process tells when it is ready; `cookie` is that of somebody who is logged in. */
export interface ProviderReport extends Omit<LoginAppTask, "subject"> {
  cookie: string
  personId: string
}

/** What a piece of work took: by the clock, and of processor time over all threads of the process. */
export interface Taken {
  wallMs: number
  cpuMs: number
}

/** What each round took, by subject. */
export type RoundTimes = Partial<Record<Subject, Taken[]>>

/** What each round took, by number of users. */
export type EventTimes = Record<number, Taken[]>

/** What each round took until many small districts were imported: alone, and beside a large one. */
export interface FairnessTimes {
  alone: Taken[]
  beside: Taken[]
}

/** What each round's pages on a first import took, by number of users. */
export type ConsolePages = Record<number, { changes: number; first: Taken[]; late: Taken[] }>

/** Writes to the tables that hold the roster and the log, by table. */
export type RowsWritten = Record<string, number>

/** What the process that imports once is to do. */
export interface ImportTask {
  apiUrl: string
  districtId: string
  database: string
}

/** What it tells on the way and at its end. */
export type ImportReport =
  | { type: "page-compared" }
  | { type: "progress"; records: number }
  | { type: "done"; state: string; resumed: number; records: number; peakBytes: number; milliseconds: number }
