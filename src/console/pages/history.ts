import { HomeroomError } from "../../errors/index.ts"
import type { Run, RunMode, RunState } from "../../storage/contract.ts"
import type { ConsoleRoute } from "../routing/route.ts"
import type { Visit } from "../routing/visit.ts"
import { changesChart, totalOf } from "../view/changes-chart.ts"
import { selectField } from "../view/fields.ts"
import { html, type Markup } from "../view/html.ts"
import { type Crumb, districtName } from "../view/layout.ts"
import { button, emptyState, linkButton } from "../view/pieces.ts"
import { runBadge } from "../view/states.ts"
import { type Column, pager, table } from "../view/table.ts"
import { chooseDistrict } from "./start.ts"

/** Exchange History: every import, newest first, of one district or of all. */
export const historyRoutes: readonly ConsoleRoute[] = [
  { method: "GET", path: "/history", role: "view", handle: showAll },
  { method: "GET", path: "/districts/:districtId/history", role: "view", handle: showDistrict },
]

const runsPerPage = 25
const counted = ["created", "updated", "archived", "restored", "rejected"] as const

/** Of whom not all districts are, the history is one district's at a time. */
function showAll(visit: Visit): Response | Promise<Response> {
  return visit.sees() ? showHistory(visit, undefined) : chooseDistrict(visit, "history")
}

function showDistrict(visit: Visit): Promise<Response> {
  return showHistory(visit, visit.connection.districtId)
}

async function showHistory(visit: Visit, districtId: string | undefined): Promise<Response> {
  const { text, show, query } = visit
  const words = text.history
  const path = districtId === undefined ? "/history" : visit.districtPath("history")
  const state = oneOf<RunState>(query.get("state"), text.runStates)
  const mode = oneOf<RunMode>(query.get("mode"), text.importModes)
  const before = query.get("before") ?? undefined
  if (before !== undefined) await requireOwn(visit, before, districtId)
  const { runs, next } = await visit.parts.roster.historyPage({
    districtId,
    states: state && [state],
    modes: mode && [mode],
    after: before,
    limit: runsPerPage,
  })
  const filter = { state, mode }
  const isFiltered = state !== undefined || mode !== undefined
  const chart = runs.length > 1 ? changesChart({ text, show, runs }) : html``
  const pages = pager(text, {
    first: before === undefined ? undefined : visit.href(path, filter),
    next: next === null ? undefined : visit.href(path, { ...filter, before: next }),
  })
  const isBlank = runs.length === 0 && !isFiltered && before === undefined
  const list =
    runs.length > 0
      ? html`${chart}${runTable(visit, runs, districtId === undefined)}${pages}`
      : html`${noRuns(visit, { path, isFiltered, hasMore: next !== null, districtId })}${pages}`
  return visit.page({
    section: "history",
    title: words.title,
    lead: words.lead,
    body: html`<section class="card">${isBlank ? "" : filterForm(visit, path, filter)}${list}</section>`,
  })
}

/** A place in the history of another district is none in this one. */
async function requireOwn(visit: Visit, runId: string, districtId: string | undefined): Promise<void> {
  if (districtId === undefined) return
  const run = await visit.parts.roster.run(runId)
  if (run.districtId !== districtId) throw new HomeroomError("RUN_NOT_FOUND", { details: { runId } })
}

function filterForm(
  visit: Visit,
  path: string,
  { state, mode }: { state: RunState | undefined; mode: RunMode | undefined },
): Markup {
  const { text } = visit
  const words = text.history
  const all = ["", text.all] as const
  return html`<form class="inline filter" method="get" action="${visit.href(path)}">
${selectField({
  name: "state",
  label: words.state,
  value: state ?? "",
  choices: [all, ...Object.entries(text.runStates)],
})}
${selectField({
  name: "mode",
  label: words.mode,
  value: mode ?? "",
  choices: [all, ...Object.entries(text.importModes)],
})}
${button(text.filter)}
</form>`
}

function noRuns(
  visit: Visit,
  about: { path: string; isFiltered: boolean; hasMore: boolean; districtId: string | undefined },
): Markup {
  const { text } = visit
  const words = text.history
  const { path, isFiltered, hasMore, districtId } = about
  if (hasMore) return html`<p>${words.goOn}</p>`
  if (isFiltered) {
    const action = linkButton(visit.href(path), words.showAll)
    return emptyState({ title: words.noneFiltered, text: words.noneFilteredText, action })
  }
  const importPath = districtId === undefined ? "/import" : visit.districtPath("import")
  const action = linkButton(visit.href(importPath), words.toImport, "primary")
  return emptyState({ title: words.none, text: words.noneText, action })
}

function runTable(visit: Visit, runs: readonly Run[], withDistrict: boolean): Markup {
  const { text, show } = visit
  const { columns, title } = text.history
  const names = new Map(
    visit.districts.map((connection) => [connection.districtId, districtName(connection)]),
  )
  const of: readonly Column[] = withDistrict ? [{ title: columns.district }] : []
  return table({
    caption: title,
    columns: [
      { title: columns.when },
      ...of,
      { title: columns.who },
      { title: columns.mode },
      { title: columns.state },
      ...counted.map((name): Column => ({ title: text.counts[name], isNumber: true })),
      { title: columns.duration, isNumber: true },
      { title: columns.details, isUntitled: true },
    ],
    rows: runs.map((run) => [
      show.time(run.startedAt),
      ...(withDistrict ? [html`<bdi>${names.get(run.districtId) ?? run.districtId}</bdi>`] : []),
      html`<bdi>${run.startedBy}</bdi>`,
      modeOf(visit, run),
      runBadge(text, run.state),
      ...counted.map((name) => show.count(totalOf(run, name))),
      show.duration(run.durationMs),
      eye(visit, run),
    ]),
  })
}

/** What sort of run it was, in a word or two. */
export function modeOf({ text }: Visit, { mode, purpose }: Pick<Run, "mode" | "purpose">): string {
  const name = text.importModes[mode]
  return purpose === "plan" ? `${text.history.plan} · ${name}` : name
}

function eye(visit: Visit, run: Run): Markup {
  // A district whose connection is gone has no pages any more, but its imports are still told.
  if (!visit.districts.some(({ districtId }) => districtId === run.districtId)) return html``
  const href = visit.href(visit.districtPath(`history/${run.id}`, run.districtId))
  const label = visit.text.history.details(
    modeOf(visit, run),
    `${run.startedAt.slice(0, 16).replace("T", " ")} UTC`,
  )
  return html`<a class="eye" href="${href}" aria-label="${label}" title="${visit.text.history.columns.details}"><svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true" focusable="false"><path d="M2 12s3.6-7 10-7 10 7 10 7-3.6 7-10 7S2 12 2 12Z"/><circle cx="12" cy="12" r="3.2"/></svg><span aria-hidden="true">${visit.text.history.columns.details}</span></a>`
}

/** The way to a page below a run's own. */
export function runCrumbs(visit: Visit, run: Pick<Run, "id">): Crumb[] {
  const { history, run: words } = visit.text
  return [
    { text: history.title, path: visit.districtPath("history") },
    { text: words.title, path: runPath(visit, run) },
  ]
}

/** The path of a run's page, or of one below it. */
export function runPath(visit: Visit, run: Pick<Run, "id">, below = ""): string {
  return visit.districtPath(`history/${run.id}${below}`)
}

/** One of these names, or undefined for anything else that stands in an address. */
export function oneOf<Name extends string>(
  given: string | null,
  names: Readonly<Record<Name, unknown>>,
): Name | undefined {
  return given !== null && Object.hasOwn(names, given) ? (given as Name) : undefined
}
