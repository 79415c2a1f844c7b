import { HomeroomError } from "../../errors/index.ts"
import type { ConnectionSettings } from "./settings.ts"

/** `sso`: people only sign in; `sso+provisioning`: the roster is imported as well. */
export type ConnectionMode = "sso" | "sso+provisioning"

export type ConnectionState = "requested" | "approved" | "active" | "paused" | "disconnected" | "declined"

/** What joins a district to the app. One per district. */
export interface Connection {
  districtId: string
  /** The district's name at Clever, as of the last look. */
  name: string
  mode: ConnectionMode
  state: ConnectionState
  /** Every state it has been in, oldest first. Times are ISO 8601 in UTC. */
  steps: ConnectionStep[]
  settings: ConnectionSettings
}

export interface ConnectionStep {
  state: ConnectionState
  mode: ConnectionMode
  at: string
  /** Who took the step: a user of the app, or `cli`. */
  by: string
}

/**
 * For adapters: throws `CONNECTION_CHANGED` unless the connection that is stored has the content expected, be it that
 * there is none (null). The order of keys does not count.
 */
export function requireSameConnection(
  stored: Connection | null | undefined,
  expected: Connection | null | undefined,
): void {
  if (contentOf(stored) === contentOf(expected)) return
  const districtId = stored?.districtId ?? expected?.districtId ?? ""
  throw new HomeroomError("CONNECTION_CHANGED", {
    message: `The connection of district ${districtId} was changed by somebody else meanwhile.`,
    details: { districtId },
  })
}

function contentOf(connection: Connection | null | undefined): string {
  return JSON.stringify(connection ?? null, (_, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  )
}
