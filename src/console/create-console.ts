import { HomeroomError } from "../errors/index.ts"
import type { ConsoleApp } from "./console-app.ts"
import type { ConsoleOptions } from "./console-options.ts"
import { securityHeaders } from "./security/headers.ts"

/** The console, to be mounted wherever requests come in. */
export interface DataExchangeConsole<Native = unknown> {
  /** Answers a request to any address below the base path; never rejects. `native` is for `authorize`. */
  fetch(request: Request, native?: Native): Promise<Response>
  /** Ends what is still being sent, and stops previews at their next safe point. */
  close(): Promise<void>
  /** Where the app serves it, without a slash at the end; empty at the root. */
  readonly basePath: string
}

const leastSecretBytes = 32

/**
 * The Data Exchange console: pages on which people connect districts, import, read what happened, approve and undo.
 *
 * Everything that is done goes through the parts that it is given, in the name of whoever `authorize` says it is. Throws
 * `CONSOLE_AUTHORIZE_MISSING` without that function, and `INVALID_OPTIONS`. What answers requests is loaded with the
 * first of them.
 */
export function createConsole<Native = unknown>(
  options: ConsoleOptions<Native>,
): DataExchangeConsole<Native> {
  if (typeof options.authorize !== "function") throw new HomeroomError("CONSOLE_AUTHORIZE_MISSING")
  const basePath = readBasePath(options.basePath ?? "/")
  const secrets = readSecrets(options.secret)
  securityHeaders(options.frameAncestors ?? [])
  let app: Promise<ConsoleApp> | undefined
  return {
    basePath,
    async fetch(request, native) {
      app ??= import("./console-app.ts").then(
        ({ ConsoleApp }) =>
          // What the door hands on is handed back to the app's own function, whatever it is.
          new ConsoleApp({ options: options as ConsoleOptions, basePath, secrets }),
      )
      return (await app).fetch(request, native)
    },
    async close() {
      await (await app)?.close()
    },
  }
}

function readBasePath(path: string): string {
  const basePath = path.replace(/\/+$/, "")
  if (basePath === "" || /^(?:\/[\w.~-]+)+$/.test(basePath)) return basePath
  throw new HomeroomError("INVALID_OPTIONS", {
    message: "basePath must be a path as /data-exchange, of letters, digits and . _ ~ - between its slashes.",
    details: { option: "basePath" },
  })
}

function readSecrets(secret: string | readonly string[] | undefined): readonly string[] {
  if (secret === undefined) return []
  const secrets = typeof secret === "string" ? [secret] : secret
  const isGood = secrets.length > 0 && secrets.every((one) => Buffer.byteLength(one) >= leastSecretBytes)
  if (isGood) return secrets
  throw new HomeroomError("INVALID_OPTIONS", {
    message: `secret must have ${leastSecretBytes} bytes or more.`,
    details: { option: "secret" },
  })
}
