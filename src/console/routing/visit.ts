import { HomeroomError } from "../../errors/index.ts"
import type { ImportPreviews } from "../../exchange/index.ts"
import type { Connection, Run } from "../../storage/contract.ts"
import { type ConsoleAccess, type ConsoleRole, mayDo, maySee } from "../access.ts"
import type { AssetPaths } from "../assets/assets.ts"
import type { ConsoleParts } from "../console-options.ts"
import type { BannerCode, ConsoleText } from "../text/english.ts"
import { html, type Markup } from "../view/html.ts"
import { type PageParts, renderPage } from "../view/layout.ts"
import { Show } from "../view/show.ts"
import type { ConsoleSection } from "./section.ts"
import { bannerCookie } from "./told.ts"

/** What the shell knows of a request when it hands it to a page. */
export interface VisitContext {
  readonly request: Request
  readonly parts: ConsoleParts
  readonly access: ConsoleAccess
  readonly text: ConsoleText
  readonly clock: () => number
  readonly basePath: string
  readonly assets: AssetPaths
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** What a POST was sent with. */
  readonly form: URLSearchParams
  /** The district of the path. */
  readonly connection: Connection | undefined
  /** The connections that the person may see, in ascending district id. */
  readonly districts: readonly Connection[]
  /** What the page before wants to be said on this one. */
  readonly told: BannerCode | undefined
  readonly csrfToken: () => string
  readonly previews: ImportPreviews
  readonly closing: AbortSignal
}

/** What a page shows; the shell puts everything around it. */
export interface VisitPage extends PageParts {
  readonly status?: number | undefined
  readonly section?: ConsoleSection | undefined
}

/** One request of somebody who may make it: what a page's handler is given, and how it answers. */
export class Visit {
  readonly request: Request
  readonly parts: ConsoleParts
  /** Who it is, for `by` of everything that is done. */
  readonly actor: string
  readonly text: ConsoleText
  readonly clock: () => number
  readonly query: URLSearchParams
  readonly form: URLSearchParams
  /** The connections that the person may see, in ascending district id. */
  readonly districts: readonly Connection[]
  /** Numbers, times and durations as people read them. */
  readonly show: Show
  /** Plans that go on when the request has been answered. */
  readonly previews: ImportPreviews
  /** Aborts when the console closes: what is still being sent then ends. */
  readonly closing: AbortSignal
  readonly #context: VisitContext

  constructor(context: VisitContext) {
    this.#context = context
    this.request = context.request
    this.parts = context.parts
    this.actor = context.access.actor
    this.text = context.text
    this.clock = context.clock
    this.query = context.query
    this.form = context.form
    this.districts = context.districts
    this.previews = context.previews
    this.closing = context.closing
    this.show = new Show(context.text)
  }

  /** Whether buttons for this are to be shown at all. */
  may(role: ConsoleRole): boolean {
    return mayDo(this.#context.access, role)
  }

  /** Whether they may see this district, or all districts where none is named. */
  sees(districtId?: string): boolean {
    const { access } = this.#context
    return districtId === undefined ? access.districts === undefined : maySee(access, districtId)
  }

  /** A part of the path: the `runId` of `/history/:runId`. */
  param(name: string): string {
    return this.#context.params[name] ?? ""
  }

  /** The connection of the district in the path. Only under `/districts/:districtId`. */
  get connection(): Connection {
    const { connection } = this.#context
    if (connection === undefined) throw new TypeError("This path names no district")
    return connection
  }

  /** The run in the path, as it stands; throws `RUN_NOT_FOUND` also for a run of another district. */
  async run(): Promise<Run> {
    const runId = this.param("runId")
    const run = await this.parts.roster.run(runId)
    if (run.districtId === this.connection.districtId) return run
    throw new HomeroomError("RUN_NOT_FOUND", { details: { runId } })
  }

  /** The address of a page: `href("/partners")`, or with a query, of which undefined parts are left out. */
  href(path: string, query: Readonly<Record<string, string | number | undefined>> = {}): string {
    const given = new URLSearchParams()
    for (const [name, value] of Object.entries(query)) if (value !== undefined) given.set(name, String(value))
    const search = given.toString()
    return `${this.#context.basePath}${path}${search === "" ? "" : `?${search}`}`
  }

  /** The path of a district's page, for {@link href}: `/districts/ID/import`. */
  districtPath(page = "", districtId: string = this.connection.districtId): string {
    const path = `/districts/${encodeURIComponent(districtId)}`
    return page === "" ? path : `${path}/${page}`
  }

  /** A form that changes something: sent by POST, with its token. */
  postForm(
    path: string,
    content: Markup,
    { id, label }: { id?: string | undefined; label?: string | undefined } = {},
  ): Markup {
    return html`<form method="post" action="${this.href(path)}"${id === undefined ? "" : html` id="${id}"`}${
      label === undefined ? "" : html` aria-label="${label}"`
    }>
<input type="hidden" name="csrf" value="${this.#context.csrfToken()}">
${content}
</form>`
  }

  /** Answers with a page. */
  async page({ status = 200, ...page }: VisitPage): Promise<Response> {
    const { connection, told, assets, access } = this.#context
    const banner = page.banner ?? (told && { kind: "success" as const, text: this.text.banners[told] })
    const body = await renderPage({
      ...page,
      banner,
      place: this,
      connection,
      assets,
      actor: access.actor,
    })
    const headers = new Headers({ "content-type": "text/html; charset=utf-8" })
    // A page that draws itself anew in a moment would have shown it for that moment alone.
    const isSaid = told !== undefined && page.refreshSeconds === undefined
    if (isSaid) headers.append("set-cookie", bannerCookie(undefined, this.#context.basePath))
    return new Response(String(body), { status, headers })
  }

  /** Sends the browser to a page after a form was done, and has it say so there. */
  redirect(path: string, tell?: BannerCode, query: Record<string, string | undefined> = {}): Response {
    const headers = new Headers({ location: this.href(path, query) })
    if (tell !== undefined) headers.append("set-cookie", bannerCookie(tell, this.#context.basePath))
    return new Response(null, { status: 303, headers })
  }
}
