import { onTestFinished } from "vitest"
import {
  type ConsoleOptions,
  type ConsoleRole,
  createConsole,
  type DataExchangeConsole,
} from "../../src/console/index.ts"
import { ExchangeWorld } from "./exchange-world.ts"
import type { StorageName } from "./roster-world.ts"

/** Somebody at a browser, as the tests' app knows them. */
export interface Visitor {
  readonly actor: string
  readonly can: readonly ConsoleRole[]
  readonly districts?: readonly string[]
}

export const admin: Visitor = { actor: "ada", can: ["admin"] }

/** Where the tests' app serves the console. */
export const origin = "https://app.example"

/** A console over connections, queue and imports of a storage, with a Clever whose districts hold one record each. */
export class ConsoleWorld extends ExchangeWorld {
  readonly errors500: unknown[] = []
  readonly console: DataExchangeConsole

  constructor(storage: StorageName = "memory", options: Partial<ConsoleOptions> = {}) {
    super(storage)
    this.console = this.anotherConsole(options)
  }

  /** The console once more, as another process behind the same balancer has it. */
  anotherConsole(options: Partial<ConsoleOptions> = {}): DataExchangeConsole {
    const { storage, connections, roster, imports, now: clock } = this
    const made = createConsole({
      authorize: (request) => {
        const visitor = request.headers.get("x-visitor")
        return visitor === null ? null : (JSON.parse(visitor) as Visitor)
      },
      basePath: "/exchange",
      storage,
      connections,
      roster,
      imports,
      clock,
      onError: (error) => void this.errors500.push(error),
      repeat: this.timers.repeat,
      ...options,
    })
    onTestFinished(() => made.close())
    return made
  }

  /** Opens a page below the console's base path. */
  get(
    path: string,
    visitor: Visitor | null = admin,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    return this.console.fetch(
      new Request(`${origin}/exchange${path}`, { headers: { ...identity(visitor), ...headers } }),
    )
  }

  /** The text of a page. */
  async text(path: string, visitor: Visitor = admin, headers: Record<string, string> = {}): Promise<string> {
    return (await this.get(path, visitor, headers)).text()
  }

  /** Sends a form as a browser does: with the token of a page, from the console's own origin. */
  async post(
    path: string,
    fields: Readonly<Record<string, string>> = {},
    visitor: Visitor = admin,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    const csrf = await this.csrfToken(visitor)
    return this.postAsIs(path, { csrf, ...fields }, visitor, headers)
  }

  postAsIs(
    path: string,
    fields: Readonly<Record<string, string>>,
    visitor: Visitor | null,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    return this.console.fetch(
      new Request(`${origin}/exchange${path}`, {
        method: "POST",
        headers: {
          ...identity(visitor),
          origin,
          "sec-fetch-site": "same-origin",
          "content-type": "application/x-www-form-urlencoded",
          ...headers,
        },
        body: new URLSearchParams(fields).toString(),
      }),
    )
  }

  /** The token of the first form that somebody is shown. */
  async csrfToken(visitor: Visitor = admin): Promise<string> {
    const page = await this.text("/partners", { ...visitor, can: ["admin"] })
    return /name="csrf" value="([^"]+)"/.exec(page)?.[1] ?? ""
  }
}

function identity(visitor: Visitor | null): Record<string, string> {
  return visitor === null ? {} : { "x-visitor": JSON.stringify(visitor) }
}
