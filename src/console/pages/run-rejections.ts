import type { RunRejection } from "../../roster/index.ts"
import type { Run } from "../../storage/contract.ts"
import { readPosition, writePosition } from "../routing/position.ts"
import type { ConsoleRoute } from "../routing/route.ts"
import type { Visit } from "../routing/visit.ts"
import { totalOf } from "../view/changes-chart.ts"
import { html, type Markup } from "../view/html.ts"
import { card, linkButton } from "../view/pieces.ts"
import { pager, table } from "../view/table.ts"
import { runCrumbs, runPath } from "./history.ts"

/** The records that an import left out. */
export const runRejectionRoutes: readonly ConsoleRoute[] = [
  {
    method: "GET",
    path: "/districts/:districtId/history/:runId/rejected",
    role: "view",
    handle: showRejected,
  },
]

const rejectedBeside = 10
const rejectedPerPage = 100

/** The first of the records that a run rejected; nothing where it rejected none. */
export async function rejectedCard(visit: Visit, run: Run): Promise<Markup> {
  const count = totalOf(run, "rejected")
  if (count === 0) return html``
  const { text, show } = visit
  const { rejections, next } = await visit.parts.roster.rejectionPage(run.id, { limit: rejectedBeside })
  const words = text.run
  return card({
    title: `${words.rejected} (${show.number(count)})`,
    id: "rejected",
    body: html`<p class="quiet">${run.mode === "undo" ? words.rejectedLeadUndo : words.rejectedLead}</p>
${rejectedTable(visit, rejections)}${
  next === null
    ? ""
    : html`<p class="pager">${linkButton(visit.href(runPath(visit, run, "/rejected")), words.rejectedAll)}</p>`
}`,
  })
}

async function showRejected(visit: Visit): Promise<Response> {
  const { text } = visit
  const words = text.run
  const run = await visit.run()
  const after = readPosition(visit.query.get("after"))
  const { rejections, next } = await visit.parts.roster.rejectionPage(run.id, {
    after,
    limit: rejectedPerPage,
  })
  const path = runPath(visit, run, "/rejected")
  return visit.page({
    section: "history",
    title: words.rejected,
    lead: run.mode === "undo" ? words.rejectedLeadUndo : words.rejectedLead,
    crumbs: runCrumbs(visit, run),
    body: html`<section class="card">${rejectedTable(visit, rejections)}${pager(text, {
      first: after === undefined ? undefined : visit.href(path),
      next: next === null ? undefined : visit.href(path, { after: writePosition(next) }),
    })}</section>`,
  })
}

function rejectedTable({ text }: Visit, rejections: readonly RunRejection[]): Markup {
  const { rejectedColumns: columns, withoutId, reasons, rejected } = text.run
  return table({
    caption: rejected,
    columns: [
      { title: columns.kind },
      { title: columns.id },
      { title: columns.reason },
      { title: columns.path },
    ],
    rows: rejections.map(({ kind, id, reason, path }) => [
      text.record[kind],
      id === null ? html`<span class="quiet">${withoutId}</span>` : html`<code>${id}</code>`,
      html`<bdi>${reasons[reason] ?? reason}</bdi>`,
      html`<code>${path}</code>`,
    ]),
  })
}
