import type { Command } from "commander"
import type { ApiVersion, CleverClient, Connection } from "../../index.ts"
import { type Check, Findings } from "../doctor/check.ts"
import { checkCredentials, checkDistrict } from "../doctor/clever-checks.ts"
import { ClockCheck } from "../doctor/clock-check.ts"
import { checkConnections, checkRoster } from "../doctor/storage-checks.ts"
import { cleverFromEnvironment, storageAddress, withStorage } from "../environment.ts"
import { exitCodes } from "../failure.ts"
import { apiVersionOption, optionalDistrictOption } from "../options.ts"
import { withOutput } from "../output.ts"

interface DoctorOptions {
  district?: string
  json?: true
  apiVersion: ApiVersion
}

/** Without a connection to go by, this many of the districts that Clever knows are looked at. */
const districtsLookedAt = 5

/** `homeroom doctor`: checks everything an import needs. */
export function addDoctor(program: Command, setExitCode: (code: number) => void): void {
  program
    .command("doctor")
    .summary("check credentials, scopes, events, clock, storage and readiness for certification")
    .description(
      "Checks everything that imports need, and what of Clever's Secure Sync certification can be checked from " +
        "here. Says what to do about what is not well. Ends with 1 if something failed; warnings are no failure.",
    )
    .addOption(optionalDistrictOption("only this district (default: those with a connection)"))
    .option("--json", "print one JSON object")
    .addOption(apiVersionOption())
    .action(async (options: DoctorOptions) => {
      const checks = await examine(options)
      setExitCode(checks.some(({ status }) => status === "failed") ? exitCodes.failed : exitCodes.ok)
      await printChecks(checks, options)
    })
}

async function examine({ district, apiVersion }: DoctorOptions): Promise<Check[]> {
  const findings = new Findings()
  const clock = new ClockCheck()
  let clever: CleverClient | undefined
  let known: readonly string[] | undefined
  try {
    clever = cleverFromEnvironment({ apiVersion, maxRetries: 1, timeoutMs: 20_000, fetch: clock.fetch })
    known = await checkCredentials(findings, clever)
  } catch (error) {
    findings.failWith("credentials", error)
  }
  clock.addTo(findings)
  addCertification(findings, apiVersion)

  const connections = (await examineStorage(findings, district)) ?? []
  if (clever === undefined || known === undefined) return findings.checks
  const connected = connections.map(({ districtId }) => districtId)
  const looked = connected.length > 0 ? connected : known.slice(0, districtsLookedAt)
  for (const id of district === undefined ? looked : [district]) await checkDistrict(findings, clever, id)
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
      findings.ok("storage", `${storageAddress()} can be read and written, and its schema is up to date.`)
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
      await output.line(`${status.padEnd(8)} ${place}: ${message}`)
      if (remedy !== null) await output.line(`         -> ${remedy}`)
    }
    await output.line()
    await output.line(`${count("ok")} ok, ${count("warning")} with a warning, ${count("failed")} failed.`)
  })
}
