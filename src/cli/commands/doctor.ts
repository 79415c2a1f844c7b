import type { Command } from "commander"
import type { Connection } from "../../entries/exchange.ts"
import type { ApiVersion, CleverApp } from "../../index.ts"
import { type Check, Findings } from "../doctor/check.ts"
import { checkCredentials, checkDistrict } from "../doctor/clever-checks.ts"
import { ClockCheck } from "../doctor/clock-check.ts"
import { checkLogin } from "../doctor/login-checks.ts"
import { checkQueue } from "../doctor/queue-check.ts"
import { checkConnections, checkRoster } from "../doctor/storage-checks.ts"
import {
  appsFromEnvironment,
  loginFromEnvironment,
  storageAddress,
  withoutPassword,
  withStorage,
} from "../environment.ts"
import { exitCodes } from "../failure.ts"
import { apiVersionOption, optionalDistrictOption } from "../options.ts"
import { withOutput } from "../output.ts"

interface DoctorOptions {
  district?: string | undefined
  redirectUri?: string | undefined
  json?: true | undefined
  apiVersion: ApiVersion
}

/** Without a connection to go by, this many of the districts that Clever knows are looked at. */
const districtsLookedAt = 5

/** How long one request may take. */
const timeoutMs = 20_000

/** `homeroom doctor`: checks everything that imports and logins need. */
export function addDoctor(program: Command, setExitCode: (code: number) => void): void {
  program
    .command("doctor")
    .summary("check credentials, login, scopes, events, clock, storage and readiness for certification")
    .description(
      "Checks everything that imports and logins need, and what of Clever's Secure Sync certification can be " +
        "checked from here. Says what to do about what is not well. The login is looked at if " +
        "HOMEROOM_COOKIE_SECRET or a redirect URI is given; nobody is logged in by that. Ends with 1 if something " +
        "failed; warnings are no failure.",
    )
    .addOption(optionalDistrictOption("only this district (default: those with a connection)"))
    .option("--redirect-uri <url>", "the app's redirect URI (default: BASE_URL + /auth/clever/callback)")
    .option("--json", "print one JSON object")
    .addOption(apiVersionOption())
    .action(async (options: DoctorOptions) => {
      const checks = await examine(options)
      setExitCode(checks.some(({ status }) => status === "failed") ? exitCodes.failed : exitCodes.ok)
      await printChecks(checks, options)
    })
}

async function examine({ district, apiVersion, redirectUri }: DoctorOptions): Promise<Check[]> {
  const findings = new Findings()
  const clock = new ClockCheck()
  const apps: { app: CleverApp; known: readonly string[] }[] = []
  try {
    const configured = appsFromEnvironment({ apiVersion, maxRetries: 1, timeoutMs, fetch: clock.fetch })
    for (const app of configured) {
      const name = configured.length > 1 ? `credentials of ${app.name}` : "credentials"
      const known = await checkCredentials(findings, app.clever, name)
      if (known !== undefined) apps.push({ app, known })
    }
  } catch (error) {
    findings.failWith("credentials", error)
  }
  const login = loginFromEnvironment({ redirectUri })
  await checkLogin(findings, login, { fetch: clock.fetch, timeoutMs })
  clock.addTo(findings, { idTokens: login.isConfigured && login.oidc !== "off" })
  addCertification(findings, apiVersion)

  const connections = (await examineStorage(findings, district)) ?? []
  const byId = new Map(connections.map((connection) => [connection.districtId, connection]))
  const known = apps.flatMap((one) => one.known)
  const looked = byId.size > 0 ? [...byId.keys()] : known.slice(0, districtsLookedAt)
  for (const id of district === undefined ? looked : [district]) {
    const connection = byId.get(id)
    // An app whose credentials are refused was told of; its districts can't be looked at.
    const through = apps.find(({ app, known }) =>
      connection?.settings.app === undefined
        ? apps.length === 1 || known.includes(id)
        : app.name === connection.settings.app,
    )
    if (through === undefined) continue
    const needs = { district: id, mode: connection?.mode, login: login.isConfigured }
    await checkDistrict(findings, through.app.clever, needs)
  }
  return findings.checks
}

/** Checks the storage, and returns the connections in it that are still meant to work. */
async function examineStorage(
  findings: Findings,
  district: string | undefined,
): Promise<readonly Connection[] | undefined> {
  try {
    return await withStorage(async (storage) => {
      // Opening takes the write lock and brings the schema up to date.
      findings.ok(
        "storage",
        `${withoutPassword(storageAddress())} can be read and written, and its schema is up to date.`,
      )
      await checkQueue(findings)
      const connections = (await storage.listConnections()).filter(
        ({ state, districtId }) =>
          state !== "disconnected" && state !== "declined" && (district ?? districtId) === districtId,
      )
      checkConnections(findings, connections)
      for (const connection of connections) await checkRoster(findings, storage, connection)
      return connections
    })
  } catch (error) {
    findings.failWith("storage", error)
    return undefined
  }
}

/** What Clever's certification asks for that is so by construction. */
function addCertification(findings: Findings, apiVersion: ApiVersion): void {
  findings.ok("api version", `${apiVersion}, as Clever's certification wants (v3.0 or v3.1).`)
  findings.ok("key", "Records are kept under their Clever id; nothing else is taken for unique.")
}

async function printChecks(checks: readonly Check[], { json }: DoctorOptions): Promise<void> {
  const count = (status: Check["status"]): number => checks.filter((check) => check.status === status).length
  const ok = count("failed") === 0
  await withOutput(async (output) => {
    if (json) {
      await output.line(JSON.stringify({ ok, checks }))
      return
    }
    for (const { name, district, status, message, remedy } of checks) {
      const place = district === null ? name : `${name} of ${district}`
      const mark = status === "not configured" ? "-" : status
      await output.line(`${mark.padEnd(8)} ${place}: ${message}`)
      if (remedy !== null) await output.line(`         -> ${remedy}`)
    }
    await output.line()
    await output.line(`${count("ok")} ok, ${count("warning")} with a warning, ${count("failed")} failed.`)
  })
}
