import { createServer } from "node:https"
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
import { SignIn } from "./sign-in/sign-in.ts"
import type { AppOptions, SimulatedApp } from "./sign-in/simulated-app.ts"

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
  /** Of the first app. Default: drawn from the seed. */
  clientId?: string | undefined
  /** Of the first app. Default: drawn from the seed. */
  clientSecret?: string | undefined
  /** Of the first app: exact addresses, the first is the primary one. Default: any address of this machine. */
  redirectUris?: readonly string[] | undefined
  /** Whether logins to the first app bring an `id_token`. Default false. */
  oidc?: boolean | undefined
  /** Whether the first app, and discovery with it, does PKCE. Default false, as at Clever. */
  pkce?: boolean | undefined
  /** The apps, if more than one, or one with settings of its own. Default: one. */
  apps?: readonly AppOptions[] | undefined
  /** Serves https with this key and certificate, both PEM. Default: plain http. */
  tls?: SimulatorTls | undefined
  /** Whether the oddities of real data are strewn in. Default true. */
  oddities?: boolean | undefined
  /** Requests a minute and token. Default 1,200. */
  rateLimit?: number | undefined
  /** Above this a `limit` is refused with 413. Default 10,000. */
  maxPageSize?: number | undefined
  /** What feeds begin with: the district's creation alone, or every record's. Default `district`. */
  initialEvents?: "district" | "all" | undefined
}

/** What https is served with. */
export interface SimulatorTls {
  key: string
  cert: string
  /** The name in the certificate, which the simulator's addresses then have. Default `localhost`. */
  hostName?: string | undefined
}

/** Addresses, credentials and people, as plain data: what `homeroom simulate` prints. */
export interface SimulatorDescription {
  apiUrl: string
  authUrl: string
  clientId: string
  clientSecret: string
  /** What an app reads from its environment to use this simulator. */
  environment: Readonly<Record<string, string>>
  apps: { name: string; clientId: string; redirectUris: readonly string[]; logInAsUrl: string }[]
  districts: {
    id: string
    name: string
    /** Where its people find their apps. */
    portalUrl: string
    /** Where they log in. */
    loginUrl: string
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
  /** Apps, and the logins to them. */
  readonly signIn: SignIn
  /** Faults on demand. */
  readonly faults: FaultPlan
  /** What was asked so far. */
  readonly requests: RequestLog
  /** The simulated time. */
  readonly clock: Clock
  /** One day for every district; the clock runs on by one day. */
  nextDay(options?: { intensity?: number | undefined }): BatchSummary[]
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
  const wallClock = options.wallClock ?? (() => new Date())
  let automaticMs = 0
  const signIn = new SignIn({
    districts,
    apps: appsOf(options, seed),
    // Days that pass by themselves are for rosters: they would end every session within seconds.
    now: () => new Date(clock.now().getTime() - automaticMs),
    wallClock,
  })
  const [{ clientId, clientSecret }] = signIn.apps as [SimulatedApp]
  const closing = new AbortController()
  const faults = new FaultPlan()
  const requests = new RequestLog()
  const rateLimiter = new RateLimiter(options.rateLimit ?? 1200, wallClock)
  const maxPageSize = options.maxPageSize ?? 10_000
  const app = createApp({
    districts,
    signIn,
    apiVersions,
    maxPageSize,
    rateLimiter,
    requests,
    faults,
    closing: closing.signal,
  })
  const { tls } = options
  const secure = tls === undefined ? {} : { createServer, serverOptions: { key: tls.key, cert: tls.cert } }
  const server = createAdaptorServer({ fetch: app.fetch, hostname: host, ...secure })
  await new Promise<void>((listening, failed) => {
    server.once("error", failed)
    server.listen(options.port ?? 0, host, () => {
      server.off("error", failed)
      listening()
    })
  })
  const { address, port } = server.address() as AddressInfo
  const hostName = isIPv6(address) ? `[${address}]` : address
  const url =
    tls === undefined ? `http://${hostName}:${port}` : `https://${tls.hostName ?? "localhost"}:${port}`
  signIn.url = url

  const nextDay = (day: { intensity?: number | undefined } = {}): BatchSummary[] => {
    clock.advance(86_400_000)
    return districts.map((district) => district.nextDay({ ...day, advanceClock: false }))
  }
  const passDay = (): void => {
    automaticMs += 86_400_000
    nextDay()
  }
  const days =
    options.dayEverySeconds === undefined ? undefined : setInterval(passDay, options.dayEverySeconds * 1000)

  return {
    apiUrl: url,
    authUrl: url,
    clientId,
    clientSecret,
    districts,
    signIn,
    faults,
    requests,
    clock,
    nextDay,
    describe: () => ({
      apiUrl: url,
      authUrl: url,
      clientId,
      clientSecret,
      environment: {
        HOMEROOM_CLEVER_API_URL: url,
        HOMEROOM_CLEVER_AUTH_URL: url,
        CLEVER_CLIENT_ID: clientId,
        CLEVER_CLIENT_SECRET: clientSecret,
      },
      apps: signIn.apps.map((own) => ({
        name: own.name,
        clientId: own.clientId,
        redirectUris: own.redirectUris,
        logInAsUrl: `${url}/dashboard/${own.clientId}`,
      })),
      districts: districts.map((district) => ({
        id: district.id,
        name: district.name,
        portalUrl: `${url}/in/${district.id}`,
        loginUrl: `${url}/login/${district.id}`,
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

/** The apps to begin with: the first gets the options that are not of a certain app. */
function appsOf(options: SimulatorOptions, seed: number): AppOptions[] {
  const [first = {}, ...others] = options.apps ?? []
  return [
    {
      ...first,
      clientId: first.clientId ?? options.clientId ?? `simulated-${hexText(seed, "client id", 16)}`,
      clientSecret: first.clientSecret ?? options.clientSecret ?? hexText(seed, "client secret", 40),
      redirectUris: first.redirectUris ?? options.redirectUris,
      oidc: first.oidc ?? options.oidc,
      pkce: first.pkce ?? options.pkce,
    },
    ...others.map((app, index) => ({
      ...app,
      clientId: app.clientId ?? `simulated-${hexText(seed, `client id ${index + 1}`, 16)}`,
      clientSecret: app.clientSecret ?? hexText(seed, `client secret ${index + 1}`, 40),
    })),
  ]
}

function hexText(seed: number, purpose: string, length: number): string {
  const random = seededRandom(seed, purpose)
  return Array.from({ length }, () => random.integer(16).toString(16)).join("")
}
