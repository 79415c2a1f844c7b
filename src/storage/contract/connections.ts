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
