import { changesCsv } from "../../exchange/index.ts"
import type { Kind } from "../../models/index.ts"
import type { RecordPosition } from "../../roster/index.ts"
import type { LoggedAction, Run } from "../../storage/contract.ts"
import { readPosition, writePosition } from "../routing/position.ts"
import type { ConsoleRoute } from "../routing/route.ts"
import type { Visit } from "../routing/visit.ts"
import { changeList } from "../view/changes.ts"
import { changesOf } from "../view/changes-chart.ts"
import { selectField, textField } from "../view/fields.ts"
import { html, type Markup } from "../view/html.ts"
import { type Banner, button, card, emptyState, facts, linkButton } from "../view/pieces.ts"
import { countsTable, guardsCard, timeline } from "../view/run-parts.ts"
import { runBadge } from "../view/states.ts"
import { pager } from "../view/table.ts"
import { modeOf, oneOf, runCrumbs, runPath } from "./history.ts"
import { decisionCard, undoLink } from "./run-decisions.ts"
import { rejectedCard } from "./run-rejections.ts"

/** Import details: one import with all that it did, or would do. */
export const runDetailsRoutes: readonly ConsoleRoute[] = [
  { method: "GET", path: "/districts/:districtId/history/:runId", role: "view", handle: showRun },
  {
    method: "GET",
    path: "/districts/:districtId/history/:runId/changes.csv",
    role: "view",
    handle: downloadCsv,
  },
  { method: "POST", path: "/districts/:districtId/history/:runId/search", role: "view", handle: search },
]

const changesPerPage = 50
/** Among so many of the district's newest runs an undo of this one is looked for. */
const undosAmong = 100

const actionNames: Readonly<Record<LoggedAction, true>> = {
  create: true,
  update: true,
  archive: true,
  restore: true,
}

async function showRun(visit: Visit): Promise<Response> {
  const { text, show } = visit
  const words = text.run
  const run = await visit.run()
  const undo = run.state === "applied" ? await undoOf(visit, run) : undefined
  const changes = await changesCard(visit, run)
  const body = html`<div class="grid">${factsCard(visit, run, undo)}${timeline(visit, run, undo)}</div>
${decisionCard(visit, run)}
${card({
  title: words.countsTitle,
  body: html`<p class="quiet">${words.countsLead}</p>${countsTable(visit, run, (filter) => countHref(visit, run, filter))}`,
})}
${guardsCard(visit, run)}
${await rejectedCard(visit, run)}
${changes}`
  const title =
    run.mode === "undo" ? words.titles.undo : run.purpose === "plan" ? words.titles.plan : words.title
  return visit.page({
    section: "history",
    title,
    lead: html`${modeOf(visit, run)} · ${show.time(run.startedAt)}`,
    crumbs: [{ text: text.history.title, path: visit.districtPath("history") }],
    ...withBanner(visit, run),
    body,
  })
}

async function undoOf(visit: Visit, run: Run): Promise<Run | undefined> {
  const { districtId } = visit.connection
  const { runs } = await visit.parts.roster.historyPage({ districtId, limit: undosAmong })
  return runs.find(({ mode, state, undoes }) => mode === "undo" && state === "applied" && undoes === run.id)
}

/** What is to be known first. What the page before wants said goes before that. */
function withBanner(visit: Visit, run: Run): { banner?: Banner } {
  const { text } = visit
  const words = text.run
  const toImport = linkButton(visit.href(visit.districtPath("import")), words.toImport)
  switch (run.state) {
    case "failed":
      return {
        banner: {
          kind: "error",
          text: words.failed,
          advice:
            run.error === null
              ? undefined
              : html`${text.errors[run.error.code] ?? run.error.message} <code>${run.error.code}</code>`,
        },
      }
    case "held":
      return { banner: { kind: "warning", text: words.heldBanner } }
    case "planned":
      return run.plan === null ? {} : { banner: { kind: "info", text: words.plannedBanner } }
    case "approved":
      return { banner: { kind: "info", text: words.approvedBanner } }
    case "queued":
    case "fetching":
    case "applying":
      return { banner: { kind: "info", text: words.running, advice: toImport } }
    default:
      return {}
  }
}

function factsCard(visit: Visit, run: Run, undo: Run | undefined): Markup {
  const { text, show } = visit
  const words = text.run
  const link = (runId: string): Markup =>
    html`<a href="${visit.href(runPath(visit, { id: runId }))}"><code>${runId}</code></a>`
  const asked =
    run.mode === run.requestedMode ? "" : ` (${words.askedFor(text.importModes[run.requestedMode])})`
  return card({
    title: words.runId,
    aside: runBadge(text, run.state),
    body: html`${facts([
      [words.runId, html`<code>${run.id}</code>`],
      [words.who, html`<bdi>${run.startedBy}</bdi>`],
      [words.mode, `${modeOf(visit, run)}${asked}`],
      [words.started, show.time(run.startedAt)],
      ...(run.finishedAt === null ? [] : [[words.finished, show.time(run.finishedAt)] as const]),
      [words.duration, show.duration(run.durationMs)],
      [words.read, show.number(run.records)],
      [words.requests, show.number(run.requests)],
      ...(run.skippedEvents === 0 ? [] : [[words.skippedEvents, show.number(run.skippedEvents)] as const]),
      ...(run.undoes === null ? [] : [[words.undoes, link(run.undoes)] as const]),
      ...(run.splitFrom === null ? [] : [[words.splitFrom, link(run.splitFrom)] as const]),
      ...(undo === undefined ? [] : [[words.undoneBy, link(undo.id)] as const]),
    ])}${run.fallback === null ? "" : html`<p class="quiet">${words.fallbacks[run.fallback]}</p>`}${undoLink(visit, run, undo)}`,
  })
}

function countHref(
  visit: Visit,
  run: Run,
  filter: { kind: Kind; action: LoggedAction } | "rejected",
): string | undefined {
  if (filter === "rejected") return visit.href(runPath(visit, run, "/rejected"))
  return changesAreThere(run) ? `${visit.href(runPath(visit, run), filter)}#changes` : undefined
}

/** What was discarded, has failed or has expired is no longer kept; a run at work is still finding out. */
function changesAreThere(run: Run): boolean {
  const isKept =
    run.state === "applied" || run.state === "held" || run.state === "planned" || run.state === "approved"
  return isKept && run.changesPurgedAt === undefined
}

async function changesCard(visit: Visit, run: Run): Promise<Markup> {
  const { text, show } = visit
  const words = text.run
  const title = run.state === "applied" ? words.changes : words.wouldChange
  if (run.changesPurgedAt !== undefined) {
    const when = run.changesPurgedAt.slice(0, 10)
    return card({ title, id: "changes", body: html`<p class="quiet">${words.changesPurged(when)}</p>` })
  }
  const all = changesOf(run)
  if (!changesAreThere(run) && all > 0) {
    return card({ title, id: "changes", body: html`<p class="quiet">${words.changesGone}</p>` })
  }
  if (all === 0) {
    const body = emptyState({ title: words.changesNone, text: words.changesNoneText })
    return card({ title: words.changes, id: "changes", body })
  }
  const kind = oneOf<Kind>(visit.query.get("kind"), text.kinds)
  const action = oneOf<LoggedAction>(visit.query.get("action"), actionNames)
  const after = readPosition(visit.query.get("after"))
  const page = await visit.parts.roster.changePage(run.id, { kind, action, after, limit: changesPerPage })
  const path = runPath(visit, run)
  const hrefOf = (from?: RecordPosition): string =>
    `${visit.href(path, { kind, action, after: from && writePosition(from) })}#changes`
  return card({
    title: `${title} (${show.number(all)})`,
    id: "changes",
    aside: linkButton(visit.href(runPath(visit, run, "/changes.csv")), words.download),
    body: html`<div class="tools">${filterForm(visit, run, { kind, action })}${searchForm(visit, run, "")}</div>
${page.changes.some((change) => change.action === "archive") ? html`<p class="quiet">${words.archivedText}</p>` : ""}
${page.changes.length === 0 ? html`<p>${words.changesNoneFiltered}</p>` : changeList(visit, page.changes)}
${pager(text, {
  first: after === undefined ? undefined : hrefOf(),
  next: page.next === null ? undefined : hrefOf(page.next),
})}`,
  })
}

function filterForm(
  visit: Visit,
  run: Run,
  { kind, action }: { kind: Kind | undefined; action: LoggedAction | undefined },
): Markup {
  const { text } = visit
  const all = ["", text.all] as const
  return html`<form class="inline filter" method="get" action="${visit.href(runPath(visit, run))}#changes">
${selectField({ name: "kind", label: text.run.kind, value: kind ?? "", choices: [all, ...Object.entries(text.kinds)] })}
${selectField({ name: "action", label: text.run.action, value: action ?? "", choices: [all, ...Object.entries(text.actions)] })}
${button(text.filter)}
</form>`
}

/** By POST: a `sis_id` is somebody's, and has no place in an address. */
function searchForm(visit: Visit, run: Run, value: string): Markup {
  const { search, searchHint, searchButton } = visit.text.run
  return visit.postForm(
    runPath(visit, run, "/search"),
    html`<div class="inline search">${textField({ name: "find", label: search, hint: searchHint, value, required: true, isCode: true })}
${button(searchButton)}</div>`,
  )
}

async function search(visit: Visit): Promise<Response> {
  const { text, show, form } = visit
  const words = text.run
  const run = await visit.run()
  const wanted = (form.get("find") ?? "").trim().slice(0, 200)
  if (wanted === "") return visit.redirect(runPath(visit, run))
  const after = readPosition(form.get("after"))
  const { changes, next, looked } = await visit.parts.roster.findChanges(run.id, {
    text: wanted,
    after,
    limit: changesPerPage,
  })
  const goOn =
    next === null
      ? ""
      : visit.postForm(
          runPath(visit, run, "/search"),
          html`<input type="hidden" name="find" value="${wanted}"><input type="hidden" name="after" value="${writePosition(next)}">
<p>${words.lookedThrough(show.number(looked))}</p>${button(words.searchOn)}`,
        )
  const found =
    changes.length > 0
      ? html`<p>${words.found(show.number(changes.length))}</p>${changeList(visit, changes)}`
      : next === null
        ? emptyState({ title: words.foundNone, text: words.foundNoneText })
        : ""
  return visit.page({
    section: "history",
    title: words.searchTitle,
    crumbs: runCrumbs(visit, run),
    body: card({
      title: words.changes,
      aside: linkButton(visit.href(runPath(visit, run)), words.backToRun),
      body: html`${searchForm(visit, run, wanted)}${found}${goOn}`,
    }),
  })
}

async function downloadCsv(visit: Visit): Promise<Response> {
  const run = await visit.run()
  const pieces = changesCsv(visit.parts.roster, run.id)
  // What can fail, as changes that were purged, fails here and not in the middle of the file.
  const first = await pieces.next()
  const encoder = new TextEncoder()
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      if (first.done !== true) controller.enqueue(encoder.encode(first.value))
    },
    pull: async (controller) => {
      const { done, value } = await pieces.next()
      if (done === true) controller.close()
      else controller.enqueue(encoder.encode(value))
    },
    cancel: async () => {
      await pieces.return(undefined)
    },
  })
  const headers = {
    "content-type": "text/csv; charset=utf-8",
    "content-disposition": `attachment; filename="import-${run.id.replace(/[^\w.-]/g, "_")}.csv"`,
  }
  return new Response(body, { headers })
}
