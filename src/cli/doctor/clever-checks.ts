import type { ConnectionMode } from "../../entries/exchange.ts"
import { errorCodes, isHomeroomError } from "../../errors/index.ts"
import { type CleverClient, type DistrictToken, kinds } from "../../index.ts"
import { hasDistrictToken } from "../environment.ts"
import type { Findings } from "./check.ts"

/**
 * Checks an app's credentials, and returns the ids of the districts that Clever has a token for. `name` is what the
 * check is called: `credentials`, with the app's name where there are several.
 */
export async function checkCredentials(
  findings: Findings,
  clever: CleverClient,
  name = "credentials",
): Promise<readonly string[] | undefined> {
  if (hasDistrictToken()) {
    findings.warn(
      name,
      "CLEVER_DISTRICT_TOKEN is used for every request; which districts are connected can't be asked.",
      "Set CLEVER_CLIENT_ID and CLEVER_CLIENT_SECRET instead: a rotated token is then found by itself.",
    )
    return []
  }
  const ids: string[] = []
  try {
    for await (const { districtId } of clever.districtTokens()) ids.push(districtId)
  } catch (error) {
    findings.failWith(name, error)
    return undefined
  }
  if (ids.length > 0) {
    findings.ok(name, `Clever accepts them; districts connected to the app: ${ids.length}.`)
  } else {
    findings.warn(
      name,
      "Clever accepts them, but no district is connected to the app.",
      "Invite a district, or a sandbox district, in the Clever dashboard.",
    )
  }
  return ids
}

/** A district, and what it is meant to give. */
export interface DistrictNeeds {
  readonly district: string
  /** Undefined without a connection. */
  readonly mode: ConnectionMode | undefined
  /** Whether the app logs people in. */
  readonly login: boolean
}

/** Checks what one district gives: token, scopes, and, where the app may read rosters, lists and events. */
export async function checkDistrict(
  findings: Findings,
  clever: CleverClient,
  { district, mode, login }: DistrictNeeds,
): Promise<void> {
  let token: DistrictToken
  try {
    token = await clever.districtToken(district)
  } catch (error) {
    findings.failWith("token", error, district)
    return
  }
  if (!hasDistrictToken()) {
    if (login) checkLoginScopes(findings, token)
    if (isForLoginAlone(token)) {
      checkLoginTier(findings, token, mode)
      return
    }
    checkScopes(findings, token)
  }
  if (!(await checkLists(findings, clever, district))) return
  await checkEvents(findings, clever, district)
  await checkDistrictState(findings, clever, district)
}

const neededScopes: readonly string[] = ["read:schools", "read:sections", "read:students", "read:teachers"]
const usefulScopes: readonly string[] = [
  "read:districts",
  "read:district_admins",
  "read:school_admins",
  "read:student_contacts",
]

/** An app with SSO and without Secure Sync has `read:students_basic` for `read:students`. */
function isForLoginAlone({ scopes }: DistrictToken): boolean {
  return scopes.some((scope) => scope.endsWith("_basic")) && !scopes.includes("read:sections")
}

function checkLoginTier(
  findings: Findings,
  { districtId }: DistrictToken,
  mode: ConnectionMode | undefined,
): void {
  const message = "The app has single sign-on here, without Secure Sync: rosters can't be imported."
  const remedy = "Ask Clever for Secure Sync, or connect the district for logins: homeroom connect --mode sso"
  if (mode === "sso") findings.ok("scopes", `${message} The connection asks for no more.`, districtId)
  else if (mode === undefined) findings.warn("scopes", message, remedy, districtId)
  else findings.fail("scopes", message, remedy, districtId)
}

function checkLoginScopes(findings: Findings, { districtId, scopes }: DistrictToken): void {
  const name = "login scopes"
  // Clever spells the tiers as read:students (Secure Sync), read:students_basic (SSO), read:students_limited (Library).
  const sees = (people: string): boolean =>
    ["", "_basic", "_limited"].some((tier) => scopes.includes(`read:${people}${tier}`))
  const people = ["students", "teachers", "school_admins", "district_admins"].filter(sees)
  const remedy = "Change what the app asks for in the Clever dashboard, then look again."
  if (!scopes.includes("read:user_id")) {
    findings.warn(name, "The token lacks read:user_id, by which logins are known.", remedy, districtId)
  } else if (people.length === 0) {
    findings.warn(name, "The token names no people who could log in.", remedy, districtId)
  } else findings.ok(name, `Who may be known at a login: ${people.join(", ")}.`, districtId)
}

function checkScopes(findings: Findings, { districtId, scopes }: DistrictToken): void {
  const missing = (wanted: readonly string[]): string =>
    wanted.filter((scope) => !scopes.includes(scope)).join(", ")
  const needed = missing(neededScopes)
  const useful = missing(usefulScopes)
  const remedy = "Change what the app asks for in the Clever dashboard, or what the district shares."
  if (needed !== "") findings.fail("scopes", `The token lacks ${needed}.`, remedy, districtId)
  else if (useful === "") findings.ok("scopes", "The token has every scope that a roster needs.", districtId)
  else {
    const message = `The token lacks ${useful}: those people or fields will be absent.`
    findings.warn("scopes", message, remedy, districtId)
  }
}

/** Reads the first record of each list; false if one can't be read. */
async function checkLists(findings: Findings, clever: CleverClient, districtId: string): Promise<boolean> {
  const empty: string[] = []
  let failed = false
  for (const kind of kinds) {
    try {
      let count = 0
      for await (const page of clever.recordPages({ kind, districtId, pageSize: 1 })) {
        count = page.count
        break
      }
      if (count === 0) empty.push(kind)
    } catch (error) {
      findings.failWith(`list of ${kind}s`, error, districtId)
      failed = true
    }
  }
  if (failed) return false
  if (empty.includes("user") || empty.includes("section")) {
    const message = `Every list can be read, but there are no ${empty.map((kind) => `${kind}s`).join(", no ")}.`
    findings.warn("lists", message, "Check what the district shares with the app.", districtId)
  } else findings.ok("lists", "Every list can be read.", districtId)
  return true
}

async function checkEvents(findings: Findings, clever: CleverClient, districtId: string): Promise<void> {
  try {
    const newest = await clever.newestEvent({ districtId })
    if (newest !== undefined) findings.ok("events", "Events are enabled, so delta imports work.", districtId)
    else {
      findings.warn(
        "events",
        "There are no events: they are not enabled, or nothing has changed in 30 days.",
        errorCodes.CLEVER_EVENTS_UNAVAILABLE.remedy,
        districtId,
      )
    }
  } catch (error) {
    if (!isHomeroomError(error) || error.code !== "CLEVER_EVENTS_UNAVAILABLE") {
      findings.failWith("events", error, districtId)
      return
    }
    findings.warn("events", errorCodes[error.code].summary, errorCodes[error.code].remedy, districtId)
  }
}

async function checkDistrictState(
  findings: Findings,
  clever: CleverClient,
  districtId: string,
): Promise<void> {
  try {
    for await (const { state, last_sync: lastSync } of clever.districts({ districtId })) {
      const message = `The district's state at Clever is ${state || "not given"}, its last sync ${lastSync || "never"}.`
      if ((!state || state === "running" || state === "success") && lastSync) {
        findings.ok("district", message, districtId)
      } else {
        const remedy =
          "Imports go on, but nothing is archived until the district's own sync with Clever works again."
        findings.warn("district", message, remedy, districtId)
      }
    }
  } catch (error) {
    findings.failWith("district", error, districtId)
  }
}
