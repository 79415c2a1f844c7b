import type { ApiVersion } from "../../models/kinds.ts"
import type { SimulatedDistrict } from "../district/simulated-district.ts"
import type { FaultPlan } from "../faults/fault-plan.ts"
import type { SignIn } from "../sign-in/sign-in.ts"
import type { RateLimiter } from "./rate-limit.ts"
import type { RequestLog } from "./request-log.ts"

/** What the routes of one simulated Clever share. */
export interface ServerContext {
  readonly districts: readonly SimulatedDistrict[]
  readonly signIn: SignIn
  readonly apiVersions: readonly ApiVersion[]
  readonly maxPageSize: number
  readonly rateLimiter: RateLimiter
  readonly requests: RequestLog
  readonly faults: FaultPlan
  /** Ends what still waits when the simulator closes. */
  readonly closing: AbortSignal
}

/** The district whose own token a request carries, or undefined. */
export function districtOfToken(context: ServerContext, request: Request): SimulatedDistrict | undefined {
  const token = bearerOf(request)
  return token === undefined ? undefined : context.districts.find((district) => district.accepts(token))
}

/** The district of a request's token, the district's own or a user's, or undefined. */
export function districtOfRequest(context: ServerContext, request: Request): string | undefined {
  const user = context.signIn.tokens.find(bearerOf(request))
  return user?.grant.districtId ?? districtOfToken(context, request)?.id
}

/** The bearer token of a request, or undefined. */
export function bearerOf(request: Request): string | undefined {
  return /^bearer\s+(\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1]
}
