/**
 * What somebody may do in the console. `view`: look at everything. `operate`: run the daily business, as requesting an
 * integration, importing, scheduling, pausing. `approve`: decide, as on requests and on imports that are held. `admin`:
 * all of it, and what changes what goes for a district: its guards, its end. Each of them may look.
 */
export type ConsoleRole = "view" | "operate" | "approve" | "admin"

/** Who somebody is to the app, and what they may do. */
export interface ConsoleAccess {
  /** How the app knows them: stands in the audit log and the history. An id rather than a name. */
  readonly actor: string
  readonly can: readonly ConsoleRole[]
  /** The Clever ids of the districts that they may see. Absent: all. */
  readonly districts?: readonly string[] | undefined
}

/**
 * Decides about each request, before anything is looked at: the app's own session says who it is. Null denies; a
 * response of the app's own is sent as it is, as a redirect to its login. `native` is what the framework's door hands on,
 * where there is one: Express's request, with its session.
 */
export type ConsoleAuthorize<Native = unknown> = (
  request: Request,
  native: Native,
) => ConsoleAccess | Response | null | Promise<ConsoleAccess | Response | null>

/** Whether somebody may do what needs this role. */
export function mayDo({ can }: ConsoleAccess, role: ConsoleRole): boolean {
  return can.includes("admin") || can.includes(role) || (role === "view" && can.length > 0)
}

/** Whether somebody may see this district. */
export function maySee({ districts }: ConsoleAccess, districtId: string): boolean {
  return districts === undefined || districts.includes(districtId)
}
