import { HomeroomError } from "../errors/index.ts"
import type { CleverIdentity } from "./identity.ts"
import type { SsoSettings } from "./settings.ts"
import type { LoginTransaction } from "./transactions.ts"

type DistrictSettings = Pick<SsoSettings, "districtId" | "allowedDistricts" | "library">

/**
 * The district that a login is to be of; null for any. Throws `LOGIN_DISTRICT_NOT_ALLOWED` for one that the app does not
 * take.
 */
export function districtToAsk(
  { districtId, allowedDistricts }: DistrictSettings,
  asked: string | undefined,
): string | null {
  const district = asked ?? districtId
  const isAllowed =
    district === null ||
    ((districtId === null || district === districtId) &&
      (allowedDistricts === null || allowedDistricts.has(district)))
  if (isAllowed) return district
  throw new HomeroomError("LOGIN_DISTRICT_NOT_ALLOWED")
}

/**
 * Lets in whom the app takes, from the district that the login began for (R12). Throws `LOGIN_DISTRICT_NOT_ALLOWED`, and
 * `LOGIN_ROLE_NOT_ALLOWED` for somebody from the Library where the app is not in it.
 */
export function admit(
  { districtId, allowedDistricts, library }: DistrictSettings,
  identity: CleverIdentity,
  transaction: Pick<LoginTransaction, "districtId">,
): void {
  const expected = transaction.districtId ?? districtId
  const isAdmitted =
    identity.districtId === null
      ? library && expected === null
      : (expected === null || identity.districtId === expected) &&
        (allowedDistricts === null || allowedDistricts.has(identity.districtId))
  if (isAdmitted) return
  const code =
    identity.districtId === null && !library ? "LOGIN_ROLE_NOT_ALLOWED" : "LOGIN_DISTRICT_NOT_ALLOWED"
  throw new HomeroomError(code, { details: { districtId: identity.districtId } })
}
