import { type ConsoleOptions, createConsole } from "../../src/console/index.ts"
import { AccountMatching, type AccountSource, LoginResolver } from "../../src/entries/accounts.ts"
import { Connections, Imports, InProcessQueue } from "../../src/entries/exchange.ts"
import { admin, origin, type Visitor } from "./console-world.ts"
import { RosterWorld, type WorldOptions } from "./roster-world.ts"

/** A console over an imported, simulated district whose records are many and change. */
export class ConsoleRoster {
  readonly world: RosterWorld
  readonly connections: Connections
  readonly imports: Imports
  readonly failures: unknown[] = []
  readonly #console: { fetch(request: Request): Promise<Response> }

  private constructor(world: RosterWorld, options: Partial<ConsoleOptions> & { accounts?: AccountSource }) {
    const { plain: storage, roster, now: clock, district } = world
    const { accounts, ...rest } = options
    this.world = world
    const clever = {
      async *districts() {
        yield { id: district.id, name: district.name }
      },
    }
    this.connections = new Connections({ storage, clever, clock })
    const queue = new InProcessQueue({ storage, clock })
    this.imports = new Imports({ storage, connections: this.connections, roster, queue, clock })
    this.#console = createConsole({
      authorize: (request) => {
        const visitor = request.headers.get("x-visitor")
        return visitor === null ? null : (JSON.parse(visitor) as Visitor)
      },
      basePath: "/exchange",
      storage,
      connections: this.connections,
      roster,
      imports: this.imports,
      matching: new AccountMatching({ storage, clock, ...(accounts === undefined ? {} : { accounts }) }),
      logins: new LoginResolver({ storage, clock }),
      clock,
      onError: (error) => void this.failures.push(error),
      ...rest,
    })
  }

  /** Connects the district with provisioning; imports nothing yet. */
  static async start(
    options: WorldOptions & { console?: Partial<ConsoleOptions>; accounts?: AccountSource } = {},
  ): Promise<ConsoleRoster> {
    const { console = {}, accounts, ...rest } = options
    const roster = new ConsoleRoster(new RosterWorld(rest), {
      ...console,
      ...(accounts === undefined ? {} : { accounts }),
    })
    await roster.connections.connect(roster.world.districtId, { mode: "sso+provisioning", by: "ada" })
    return roster
  }

  /** The path of one of the district's pages, below the console's base path. */
  path(page: string): string {
    return `/districts/${this.world.districtId}/${page}`
  }

  /** Answers a request as it is; who makes it stands in its header `x-visitor`. */
  readonly fetch = (request: Request): Promise<Response> => this.#console.fetch(request)

  get(path: string, visitor: Visitor = admin): Promise<Response> {
    const headers = { "x-visitor": JSON.stringify(visitor) }
    return this.#console.fetch(new Request(`${origin}/exchange${path}`, { headers }))
  }

  /** The text of a page that is there. */
  async page(path: string, visitor: Visitor = admin): Promise<string> {
    const response = await this.get(path, visitor)
    const text = await response.text()
    if (response.status !== 200) throw new Error(`${path} answered ${response.status}: ${text}`)
    return text
  }

  /** Sends a form of the console as a browser does. */
  async post(
    path: string,
    fields: Readonly<Record<string, string>> = {},
    visitor: Visitor = admin,
  ): Promise<Response> {
    const page = await this.page(this.path("people"), visitor)
    const csrf = /name="csrf" value="([^"]+)"/.exec(page)?.[1] ?? ""
    return this.#console.fetch(
      new Request(`${origin}/exchange${path}`, {
        method: "POST",
        headers: {
          "x-visitor": JSON.stringify(visitor),
          origin,
          "sec-fetch-site": "same-origin",
          "content-type": "application/x-www-form-urlencoded",
        },
        body: new URLSearchParams({ csrf, ...fields }).toString(),
      }),
    )
  }
}
