import { existsSync, readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import type { Kind } from "../../src/models/index.ts"

/** Where genuine answers of Clever may lie beside the project; never part of it. */
export const cleverFolder: string = fileURLToPath(new URL("../../../shared/clever/", import.meta.url))

/** Whether the recordings are there; tests that need them say so and skip where they are not. */
export const hasRecordings: boolean = existsSync(`${cleverFolder}recordings`)

/** Whether Clever's definitions are there. */
export const hasDefinitions: boolean = existsSync(`${cleverFolder}openapi`)

/** One recorded request with its answer. */
export interface RecordedAnswer {
  method: string
  url: string
  status: number
  headers: Record<string, string>
  body?: unknown
  text?: string
}

export function readRecording(name: string): string {
  return readFileSync(`${cleverFolder}recordings/${name}`, "utf8")
}

export function certificationAnswers(): RecordedAnswer[] {
  return JSON.parse(readRecording("certification-isd-v3.0.json")) as RecordedAnswer[]
}

/** A recorded record with the kind its address or event names. */
export interface RecordedObject {
  source: string
  kind: Kind
  value: Record<string, unknown>
}

const kindOfPath: Readonly<Record<string, Kind>> = {
  districts: "district",
  schools: "school",
  terms: "term",
  courses: "course",
  users: "user",
  sections: "section",
}

/** Every record in every recording, those inside events included. */
export function recordedObjects(): RecordedObject[] {
  const found: RecordedObject[] = []
  for (const name of ["users", "sections", "districts"]) {
    collect(`demo ${name}`, JSON.parse(readRecording(`demo-district/v3.0-${name}.json`)), name, found)
  }
  for (const answer of certificationAnswers()) {
    const path = new URL(answer.url).pathname.split("/")
    if (answer.body !== undefined && path[1] === "v3.0")
      collect(answer.url, answer.body, path[2] ?? "", found)
  }
  for (const name of readdirSync(`${cleverFolder}recordings/docs-examples`)) {
    const path = name.includes("event") ? "events" : name.includes("user-") ? "users" : ""
    collect(name, JSON.parse(readRecording(`docs-examples/${name}`)), path, found)
  }
  return found
}

function collect(source: string, body: unknown, path: string, found: RecordedObject[]): void {
  const { data } = body as { data: unknown }
  for (const item of Array.isArray(data) ? data : [{ data }]) {
    const value = item.data as Record<string, unknown>
    const kind = kindOfPath[path]
    if (kind !== undefined) found.push({ source, kind, value })
    if (path !== "events") continue
    const event = value as { type: string; data: { object: Record<string, unknown> } }
    const eventKind = kindOfPath[event.type.split(".")[0] ?? ""]
    if (eventKind !== undefined)
      found.push({ source: `${source} ${event.type}`, kind: eventKind, value: event.data.object })
  }
}
