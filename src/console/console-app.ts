import { Hono } from "hono"
import { type ErrorCode, HomeroomError, isHomeroomError, tellTo } from "../errors/index.ts"
import { ImportPreviews, sharedSecret } from "../exchange/index.ts"
import type { Connection } from "../storage/contract.ts"
import { type ConsoleAccess, mayDo, maySee } from "./access.ts"
import { assetAt, assetPaths } from "./assets/assets.ts"
import type { ConsoleOptions } from "./console-options.ts"
import { errorPage } from "./pages/error-page.ts"
import { routes } from "./pages/index.ts"
import type { ConsoleRoute } from "./routing/route.ts"
import { toldBy } from "./routing/told.ts"
import { Visit, type VisitContext } from "./routing/visit.ts"
import { CsrfTokens } from "./security/csrf.ts"
import { readForm } from "./security/form.ts"
import { securityHeaders } from "./security/headers.ts"
import { isSameOrigin } from "./security/origin.ts"
import { english } from "./text/english.ts"
import { renderDenied } from "./view/denied.ts"

/** What of the options has been looked at already. */
export interface ConsoleSettings {
  readonly options: ConsoleOptions
  /** Without a slash at its end; empty at the root. */
  readonly basePath: string
  /** Empty: the storage's. */
  readonly secrets: readonly string[]
}

/** What the framework's door hands on. */
interface Doors {
  Bindings: { native: unknown }
}

/** The console's routes, each behind the same guards. */
export class ConsoleApp {
  readonly #settings: ConsoleSettings
  readonly #headers: Readonly<Record<string, string>>
  readonly #hono: Hono<Doors>
  readonly #clock: () => number
  readonly #previews: ImportPreviews
  readonly #closing = new AbortController()
  /** Answers of the app's own `authorize`: nothing is added to them. */
  readonly #appsOwn = new WeakSet<Response>()
  #tokens: Promise<CsrfTokens> | undefined

  constructor(settings: ConsoleSettings) {
    const { options, basePath } = settings
    this.#settings = settings
    this.#headers = securityHeaders(options.frameAncestors ?? [])
    this.#clock = options.clock ?? Date.now
    this.#previews = new ImportPreviews(options)
    this.#hono = new Hono<Doors>({ getPath: (request) => pathOf(request, basePath) })
    for (const route of routes) {
      this.#hono.on(route.method, route.path, (c) =>
        this.#guarded(c.req.raw, c.env.native, (access) =>
          this.#visit(c.req.raw, c.req.param(), access, route),
        ),
      )
    }
    this.#hono.notFound((c) =>
      this.#guarded(c.req.raw, c.env.native, (access) =>
        this.#failed(c.req.raw, access, new HomeroomError("CONSOLE_PAGE_NOT_FOUND")),
      ),
    )
  }

  async fetch(request: Request, native: unknown): Promise<Response> {
    const asset = assetAt(pathOf(request, this.#settings.basePath))
    if (asset !== undefined) return asset
    return this.#secured(await this.#hono.fetch(request, { native }))
  }

  /** Ends what is still being sent, and plans that still run. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#previews.close()
  }

  /** First who it is: those whom the app does not let in are told nothing else. */
  async #guarded(
    request: Request,
    native: unknown,
    answer: (access: ConsoleAccess) => Promise<Response>,
  ): Promise<Response> {
    const { options, basePath } = this.#settings
    let access: ConsoleAccess | Response | null
    try {
      access = await options.authorize(request, native)
    } catch (error) {
      // Whoever can't be told is let in nowhere.
      tellTo(options.onError)(error)
      access = null
    }
    if (access instanceof Response) {
      this.#appsOwn.add(access)
      return access
    }
    if (access === null || access.can.length === 0) {
      return renderDenied({ text: options.text ?? english, basePath, assets: assetPaths })
    }
    try {
      return await answer(access)
    } catch (error) {
      return this.#failed(request, access, error)
    }
  }

  async #visit(
    request: Request,
    params: Record<string, string>,
    access: ConsoleAccess,
    route: ConsoleRoute,
  ): Promise<Response> {
    if (!mayDo(access, route.role)) {
      throw new HomeroomError("CONSOLE_NOT_ALLOWED", { details: { role: route.role } })
    }
    const form = route.method === "POST" ? await this.#formOf(request, access) : new URLSearchParams()
    const context = await this.#context(request, access, { params, form })
    if (params.districtId !== undefined && context.connection === undefined) {
      throw new HomeroomError("CONNECTION_NOT_FOUND", { details: { districtId: params.districtId } })
    }
    return route.handle(new Visit(context))
  }

  async #formOf(request: Request, access: ConsoleAccess): Promise<URLSearchParams> {
    if (!isSameOrigin(request, this.#settings.options.origins ?? [])) {
      throw new HomeroomError("CONSOLE_FORM_REFUSED", { message: "The form was sent from another site." })
    }
    const form = await readForm(request)
    const tokens = await this.#csrfTokens()
    if (tokens.isValid(form.get("csrf") ?? "", access.actor)) return form
    throw new HomeroomError("CONSOLE_FORM_REFUSED")
  }

  async #context(
    request: Request,
    access: ConsoleAccess,
    { params, form }: { params: Record<string, string>; form: URLSearchParams },
  ): Promise<VisitContext> {
    const { options, basePath } = this.#settings
    const districts: Connection[] = []
    for await (const connection of options.connections.list()) {
      if (maySee(access, connection.districtId)) districts.push(connection)
    }
    const tokens = await this.#csrfTokens()
    return {
      request,
      parts: options,
      access,
      text: options.text ?? english,
      clock: this.#clock,
      basePath,
      assets: assetPaths,
      params,
      query: new URL(request.url).searchParams,
      form,
      connection: districts.find(({ districtId }) => districtId === params.districtId),
      districts,
      told: request.method === "GET" ? toldBy(request) : undefined,
      csrfToken: () => tokens.make(access.actor),
      previews: this.#previews,
      closing: this.#closing.signal,
    }
  }

  /** A page that says what is wrong; where not even that can be made, a plain one. */
  async #failed(request: Request, access: ConsoleAccess, thrown: unknown): Promise<Response> {
    const { options } = this.#settings
    const error = isHomeroomError(thrown) ? thrown : new HomeroomError("INTERNAL", { cause: thrown })
    if (error.httpStatus >= 500) tellTo(options.onError)(thrown)
    try {
      const none = { params: {}, form: new URLSearchParams() }
      return await errorPage(new Visit(await this.#context(request, access, none)), error)
    } catch (cause) {
      tellTo(options.onError)(cause)
      return plainFailure(options.text ?? english, error.code)
    }
  }

  #csrfTokens(): Promise<CsrfTokens> {
    const { secrets, options } = this.#settings
    this.#tokens ??= (async () => {
      const { storage } = options
      const known = secrets.length > 0 ? secrets : [await sharedSecret({ storage, name: "console" })]
      return new CsrfTokens(known, this.#clock)
    })()
    this.#tokens.catch(() => {
      this.#tokens = undefined
    })
    return this.#tokens
  }

  /** Every answer but the app's own: a page that sets a header itself, as a download's type, keeps it. */
  #secured(response: Response): Response {
    if (this.#appsOwn.has(response)) return response
    const secured = new Response(response.body, response)
    for (const [name, value] of Object.entries(this.#headers)) {
      if (!secured.headers.has(name)) secured.headers.set(name, value)
    }
    return secured
  }
}

/** The path below the base path. Some frameworks have taken that off already. */
function pathOf(request: Request, basePath: string): string {
  const { pathname } = new URL(request.url)
  const isBelow = pathname === basePath || pathname.startsWith(`${basePath}/`)
  const path = isBelow ? pathname.slice(basePath.length) : pathname
  // Not by /\/+$/, which takes the square of their number where something follows the slashes.
  let end = path.length
  while (path[end - 1] === "/") end--
  return path.slice(0, end) || "/"
}

function plainFailure(
  text: { readonly errors: Readonly<Record<string, string>> },
  code: ErrorCode,
): Response {
  return new Response(`${text.errors.INTERNAL ?? ""} ${code}\n`, {
    status: 500,
    headers: { "content-type": "text/plain; charset=utf-8" },
  })
}
