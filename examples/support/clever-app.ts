/** The Clever app that an example uses: the one in the environment, else one at a simulated Clever. */
import { once } from "node:events"
import { Worker } from "node:worker_threads"
import type { SimulatedPerson, SimulatorDescription, SimulatorOptions } from "homeroom/simulator"

/** Credentials and addresses for `CleverClient` and `CleverSsoClient`, and the district of the example. */
export interface CleverApp {
  readonly clientId: string
  readonly clientSecret: string
  readonly apiUrl: string | undefined
  readonly authUrl: string | undefined
  readonly districtId: string
  /** Some who can log in at a Clever that was simulated for this program. */
  readonly people: readonly SimulatedPerson[]
}

/** Without a Clever app in the environment a simulated Clever begins, which ends with the program. */
export async function cleverApp(options: SimulatorOptions = {}): Promise<CleverApp> {
  const clientId = read("CLEVER_CLIENT_ID")
  const clientSecret = read("CLEVER_CLIENT_SECRET")
  if (clientId === undefined && clientSecret === undefined) return simulatedApp(options)
  return {
    clientId: clientId ?? "",
    clientSecret: clientSecret ?? "",
    apiUrl: read("HOMEROOM_CLEVER_API_URL"),
    authUrl: read("HOMEROOM_CLEVER_AUTH_URL"),
    districtId: read("DISTRICT_ID") ?? "",
    people: [],
  }
}

/** A variable's value; one that is empty counts as absent. */
export function read(name: string): string | undefined {
  return process.env[name]?.trim() || undefined
}

async function simulatedApp(options: SimulatorOptions): Promise<CleverApp> {
  const simulator = new Worker(new URL("./simulated-clever.ts", import.meta.url), { workerData: options })
  const [description] = (await once(simulator, "message")) as [SimulatorDescription]
  // It keeps nobody alive: a program that is done ends.
  simulator.unref()
  const { clientId, clientSecret, apiUrl, authUrl, districts } = description
  const [district] = districts
  console.log(`CLEVER_CLIENT_ID is not set: a simulated Clever runs at ${authUrl} as long as this program.`)
  const { id: districtId = "", people = [] } = district ?? {}
  return { clientId, clientSecret, apiUrl, authUrl, districtId, people }
}
