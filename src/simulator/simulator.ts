import { type AddressInfo, isIPv6 } from "node:net"
import { createAdaptorServer } from "@hono/node-server"
import type { ApiVersion } from "../models/kinds.ts"
import { Clock } from "./clock.ts"
import type { BatchSummary } from "./district/district-data.ts"
import { SimulatedDistrict, type SimulatedPerson } from "./district/simulated-district.ts"
import { FaultPlan } from "./faults/fault-plan.ts"
import type { RoleMix } from "./generate/layout.ts"
import { seededRandom } from "./random.ts"
import { createApp } from "./server/app.ts"
import { RateLimiter } from "./server/rate-limit.ts"
import { RequestLog } from "./server/request-log.ts"

/** What Clever to simulate. Everything is optional. */
export interface SimulatorOptions {
  /** How many districts. Default 1. */
  districts?: number | undefined
  /** Schools of each district. Default 5. */
  schools?: number | undefined
  /** Users of each district, all roles together. Default 2,000. */
  users?: number | undefined
  /** Sections of each district. Default: 20 to 30 students in each, every student in several. */
  sections?: number | undefined
  /** Content resources of each district. Default 0. */
  resources?: number | undefined
  /** Shares of the roles. Default `demo`: about half students, and nearly as many contacts. */
  mix?: "demo" | "students" | RoleMix | undefined
  /** Default 0: a free port. */
  port?: number | undefined
  /** Default 127.0.0.1. */
  host?: string | undefined
  /** The same seed gives the same districts, changes and tokens. Default 1. */
  seed?: number | undefined
  /** The simulated time, apart from the days let pass. Default: the real time. */
  now?: (() => Date) | undefined
  /** The time by which the rate limit counts; clients see it in `X-RateLimit-Reset`. Default: the real time. */
  wallClock?: (() => Date) | undefined
  /** Lets a simulated day pass for every district each so many seconds. Default: never by itself. */
  dayEverySeconds?: number | undefined
  /** The versions served. With `["v3.0"]` records have no v3.1 fields at all. Default both. */
  apiVersions?: readonly ApiVersion[] | undefined
  clientId?: string | undefined
  clientSecret?: string | undefined
  /** Whether the oddities of real data are strewn in. Default true. */
  oddities?: boolean | undefined
  /** Requests a minute and token. Default 1,200. */
  rateLimit?: number | undefined
  /** Above this a `limit` is refused with 413. Default 10,000. */
  maxPageSize?: number | undefined
  /** What feeds begin with: the district's creation alone, or every record's. Default `district`. */
  initialEvents?: "district" | "all" | undefined
}

/** Addresses, credentials and people, as plain data: what `homeroom simulate` prints. */
export interface SimulatorDescription {
  apiUrl: string
  authUrl: string
  clientId: string
  clientSecret: string
  districts: {
    id: string
    name: string
    token: string | undefined
    schools: number
    users: number
    sections: number
    people: SimulatedPerson[]
  }[]
}

/** A running simulated Clever. Close it when done. */
export interface Simulator {
  /** The address of the Data API; the versions are below it. */
  readonly apiUrl: string
  /** The address of sign-in and tokens: the same server. */
  readonly authUrl: string
  readonly clientId: string
  readonly clientSecret: string
  readonly districts: readonly SimulatedDistrict[]
  /** Faults on demand. */
  readonly faults: FaultPlan
  /** What was asked so far. */
  readonly requests: RequestLog
  /** The simulated time. */
  readonly clock: Clock
  /** One day for every district; the clock runs on by one day. */
  nextDay(options?: { intensity?: number }): BatchSummary[]
  describe(): SimulatorDescription
  /** Stops listening and cuts what is still open. */
  close(): Promise<void>
}

/**
 * Starts a simulated Clever on a port of this machine: tokens, Data API and Events API of generated districts.
 *
 * Rejects with Node's own error if the port is taken, and with `INVALID_OPTIONS` on impossible sizes. Holds about
 * 2 kB of memory for each user.
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { seed = 1, host = "127.0.0.1", apiVersions = ["v3.0", "v3.1"] } = options
  const clock = new Clock(options.now)
  const districts = Array.from(
    { length: options.districts ?? 1 },
    (_, index) =>
      new SimulatedDistrict({
        clock,
        seed,
        index,
        schools: options.schools,
        users: options.users,
        sections: options.sections,
        resources: options.resources,
        mix: options.mix,
        oddities: options.oddities,
        schoolYear: schoolYearOf(clock.now()),
        apiVersion: apiVersions.includes("v3.1") ? "v3.1" : "v3.0",
        initialEvents: options.initialEvents,
      }),
  )
  const closing = new AbortController()
  const clientId = options.clientId ?? `simulated-${hexText(seed, "client id", 16)}`
  const clientSecret = options.clientSecret ?? hexText(seed, "client secret", 40)
  const faults = new FaultPlan()
  const requests = new RequestLog()
  const rateLimiter = new RateLimiter(options.rateLimit ?? 1200, options.wallClock ?? (() => new Date()))
  const maxPageSize = options.maxPageSize ?? 10_000
  const app = createApp({
    districts,
    clientId,
    clientSecret,
    apiVersions,
    maxPageSize,
    rateLimiter,
    requests,
    faults,
    closing: closing.signal,
  })
  const server = createAdaptorServer({ fetch: app.fetch, hostname: host })
  await new Promise<void>((listening, failed) => {
    server.once("error", failed)
    server.listen(options.port ?? 0, host, () => {
      server.off("error", failed)
      listening()
    })
  })
  const { address, port } = server.address() as AddressInfo
  const url = `http://${isIPv6(address) ? `[${address}]` : address}:${port}`

  const nextDay = (day: { intensity?: number } = {}): BatchSummary[] => {
    clock.advance(86_400_000)
    return districts.map((district) => district.nextDay({ ...day, advanceClock: false }))
  }
  const days =
    options.dayEverySeconds === undefined ? undefined : setInterval(nextDay, options.dayEverySeconds * 1000)

  return {
    apiUrl: url,
    authUrl: url,
    clientId,
    clientSecret,
    districts,
    faults,
    requests,
    clock,
    nextDay,
    describe: () => ({
      apiUrl: url,
      authUrl: url,
      clientId,
      clientSecret,
      districts: districts.map((district) => ({
        id: district.id,
        name: district.name,
        token: district.token,
        schools: district.count("school"),
        users: district.count("user"),
        sections: district.count("section"),
        people: district.people,
      })),
    }),
    close: async () => {
      clearInterval(days)
      closing.abort()
      await new Promise<void>((closed) => {
        server.close(() => closed())
        if ("closeAllConnections" in server) server.closeAllConnections()
      })
    },
  }
}

/** The year in which the school year of a date began: it turns on 1 August. */
function schoolYearOf(date: Date): number {
  return date.getUTCMonth() >= 7 ? date.getUTCFullYear() : date.getUTCFullYear() - 1
}

function hexText(seed: number, purpose: string, length: number): string {
  const random = seededRandom(seed, purpose)
  return Array.from({ length }, () => random.integer(16).toString(16)).join("")
}
