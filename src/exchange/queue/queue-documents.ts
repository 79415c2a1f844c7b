import type { DocumentPut, RosterStorage, StoredDocument } from "../../storage/contract.ts"
import { eachDocument } from "../document-pages.ts"
import type { ImportJob } from "./import-queue.ts"

/** Who has a job at work, and until when if nothing more is heard of them. */
export interface JobHold {
  readonly holder: string
  readonly untilMs: number
}

/** A job as it is kept: under its district, so that there is one of a state at most. */
export interface QueueEntry {
  readonly job: ImportJob
  /** Null while it waits. */
  readonly hold: JobHold | null
  readonly revision: number
}

export const queueCollection = "import-queue"

export function waitingKey(districtId: string): string {
  return `waiting/${districtId}`
}

export function runningKey(districtId: string): string {
  return `running/${districtId}`
}

/** Every job, those at work first. */
export async function readQueue(storage: RosterStorage): Promise<QueueEntry[]> {
  const entries: QueueEntry[] = []
  for await (const document of eachDocument(storage, queueCollection)) entries.push(entryOf(document))
  return entries
}

export async function readWaiting(
  storage: RosterStorage,
  districtId: string,
): Promise<QueueEntry | undefined> {
  const document = await storage.getDocument(queueCollection, waitingKey(districtId))
  return document === undefined ? undefined : entryOf(document)
}

/** The jobs of one district, the one at work first. */
export async function readDistrict(storage: RosterStorage, districtId: string): Promise<QueueEntry[]> {
  const keys = [runningKey(districtId), waitingKey(districtId)]
  const documents = await Promise.all(keys.map((key) => storage.getDocument(queueCollection, key)))
  return documents.filter((document) => document !== undefined).map(entryOf)
}

export function waitingWrite(job: ImportJob): DocumentPut {
  const { districtId } = job
  const value = { job: { ...job, state: "waiting" }, hold: null }
  return { collection: queueCollection, key: waitingKey(districtId), districtId, value, expect: 0 }
}

export function runningWrite(job: ImportJob, hold: JobHold, expect: number): DocumentPut {
  const { districtId } = job
  const value = { job: { ...job, state: "running" }, hold }
  return { collection: queueCollection, key: runningKey(districtId), districtId, value, expect }
}

function entryOf({ value, revision }: StoredDocument): QueueEntry {
  return { ...(value as Omit<QueueEntry, "revision">), revision }
}
