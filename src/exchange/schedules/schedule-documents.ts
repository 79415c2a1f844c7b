import type { Connection, RosterStorage, ScheduleSettings, StoredDocument } from "../../storage/contract.ts"
import { eachDocument } from "../document-pages.ts"
import type { Schedule } from "./schedule.ts"

/** When a district is imported next, as it is kept. Times are ISO 8601 in UTC. */
export interface ScheduleState {
  /** Null where the schedule has no time any more. */
  readonly nextAt: string | null
  /** The settings that this time was reckoned by. */
  readonly of: string
  /** When an import was last put on the queue because its time had come. */
  readonly enqueuedAt: string | null
  /** Who is putting one on the queue right now. */
  readonly claim: { readonly holder: string; readonly untilMs: number } | null
}

export interface KeptSchedule {
  readonly state: ScheduleState
  readonly revision: number
}

const collection = "import-schedules"

export async function readSchedules(storage: RosterStorage): Promise<Map<string, KeptSchedule>> {
  const kept = new Map<string, KeptSchedule>()
  for await (const document of eachDocument(storage, collection)) kept.set(document.key, keptOf(document))
  return kept
}

export async function readKept(
  storage: RosterStorage,
  districtId: string,
): Promise<KeptSchedule | undefined> {
  const document = await storage.getDocument(collection, districtId)
  return document === undefined ? undefined : keptOf(document)
}

/** Whether it is kept: false if somebody else was faster, or the district is not connected (any more). */
export async function keepSchedule(
  storage: RosterStorage,
  districtId: string,
  state: ScheduleState,
  expect: number,
): Promise<boolean> {
  // Of a district that was erased meanwhile nothing must be written anew.
  if (expect === 0 && (await storage.getConnection(districtId)) === undefined) return false
  return storage.writeDocuments([{ collection, key: districtId, districtId, value: state, expect }])
}

/** Settings as text, to notice that they are others. */
export function settingsMark(
  settings: ScheduleSettings | undefined,
  defaults: ScheduleSettings | undefined,
): string {
  return JSON.stringify([settings ?? null, defaults ?? null])
}

/** Whether imports of a district begin by themselves at all. */
export function isScheduled({ state, mode }: Pick<Connection, "state" | "mode">): boolean {
  return state === "active" && mode === "sso+provisioning"
}

/** The time that goes from now on: one that was missed still goes, also after the settings have changed. */
export function nextTime(
  schedule: Schedule,
  kept: ScheduleState | undefined,
  of: string,
  nowMs: number,
): string | null {
  const known = kept?.nextAt ?? null
  if (known !== null && (kept?.of === of || Date.parse(known) <= nowMs)) return known
  return isoOrNull(schedule.nextAfter(nowMs))
}

export function isoOrNull(timeMs: number | null): string | null {
  return timeMs === null ? null : new Date(timeMs).toISOString()
}

function keptOf({ value, revision }: StoredDocument): KeptSchedule {
  return { state: value as ScheduleState, revision }
}
