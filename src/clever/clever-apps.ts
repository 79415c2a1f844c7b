import { CleverClient } from "./clever-client.ts"
import type { CleverClientOptions } from "./client-options.ts"

/** One of several Clever apps in the app's configuration. */
export interface CleverAppOptions {
  /** What connections call it: `rostering`. */
  readonly name: string
  readonly clientId: string
  readonly clientSecret: string
  /** Where a district asks Clever for it (Clever dashboard: the app's district sign-up link). Default: none. */
  readonly signupUrl?: string | undefined
  /** What districts join it for. Default: either. */
  readonly mode?: "sso" | "sso+provisioning" | undefined
}

/** A Clever app with its client, as `Connections`, `Discovery` and `RoutedSource` take it. Holds no secret itself. */
export interface CleverApp extends Pick<CleverAppOptions, "name" | "signupUrl" | "mode"> {
  readonly clever: CleverClient
}

/** The clients of several Clever apps; `options` goes for all. Throws `INVALID_OPTIONS` as {@link CleverClient} does. */
export function cleverApps(
  apps: readonly CleverAppOptions[],
  options: Omit<CleverClientOptions, "clientId" | "clientSecret" | "districtToken"> = {},
): CleverApp[] {
  return apps.map(({ name, signupUrl, mode, clientId, clientSecret }) => ({
    name,
    signupUrl,
    mode,
    clever: new CleverClient({ ...options, clientId, clientSecret }),
  }))
}
