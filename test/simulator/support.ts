import { onTestFinished } from "vitest"
import { type Simulator, type SimulatorOptions, startSimulator } from "../../src/simulator/index.ts"
import type { JsonObject } from "../../src/simulator/json.ts"

/** The first school day of the simulated world in tests. */
export const firstDay = new Date("2025-09-01T06:00:00Z")

/** A simulator that closes with the test. */
export async function openSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = await startSimulator({ users: 200, schools: 3, now: () => firstDay, ...options })
  onTestFinished(() => simulator.close())
  return simulator
}

export interface Answer {
  status: number
  headers: Headers
  text: string
  json: JsonObject
}

/** Asks the simulator with the first district's token, or another. */
export async function ask(simulator: Simulator, path: string, token?: string): Promise<Answer> {
  const url = new URL(path, simulator.apiUrl)
  const bearer = token ?? simulator.districts[0]?.token ?? ""
  const response = await fetch(url, { headers: { authorization: `Bearer ${bearer}` }, redirect: "manual" })
  const text = await response.text()
  return {
    status: response.status,
    headers: response.headers,
    text,
    get json() {
      return JSON.parse(text) as JsonObject
    },
  }
}

/** The records of a list's answer. */
export function recordsIn(body: JsonObject): JsonObject[] {
  return (body.data as { data: JsonObject }[]).map((item) => item.data)
}

export function linkIn(body: JsonObject, rel: string): string | undefined {
  return (body.links as { rel: string; uri: string }[]).find((link) => link.rel === rel)?.uri
}

/** Follows a list to its end in one direction and gives its pages. */
export async function pagesOf(simulator: Simulator, path: string, rel: "next" | "prev" = "next") {
  const pages: JsonObject[][] = []
  let next: string | undefined = path
  while (next !== undefined) {
    const { json }: Answer = await ask(simulator, next)
    pages.push(recordsIn(json))
    next = recordsIn(json).length === 0 ? undefined : linkIn(json, rel)
  }
  return pages
}

export const idsOf = (records: readonly JsonObject[]): string[] => records.map((record) => String(record.id))
