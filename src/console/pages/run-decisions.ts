import { AuditLog, approveRun, cancelRun, discardRun, undoRun } from "../../exchange/index.ts"
import type { Run } from "../../storage/contract.ts"
import type { ConsoleRoute } from "../routing/route.ts"
import type { Visit } from "../routing/visit.ts"
import { totalOf } from "../view/changes-chart.ts"
import { textField } from "../view/fields.ts"
import { html, type Markup } from "../view/html.ts"
import { button, card, facts, linkButton } from "../view/pieces.ts"
import { runCrumbs, runPath } from "./history.ts"

/** What people decide about an import: approve, discard, undo, cancel. */
export const runDecisionRoutes: readonly ConsoleRoute[] = [
  { method: "POST", path: "/districts/:districtId/history/:runId/approve", role: "approve", handle: approve },
  { method: "POST", path: "/districts/:districtId/history/:runId/discard", role: "approve", handle: discard },
  { method: "GET", path: "/districts/:districtId/history/:runId/undo", role: "approve", handle: askUndo },
  { method: "POST", path: "/districts/:districtId/history/:runId/undo", role: "approve", handle: undo },
  { method: "GET", path: "/districts/:districtId/history/:runId/cancel", role: "operate", handle: askCancel },
  { method: "POST", path: "/districts/:districtId/history/:runId/cancel", role: "operate", handle: cancel },
]

const undone = ["created", "updated", "archived", "restored"] as const

/** What there is to decide about a run that waits; nothing about any other. */
export function decisionCard(visit: Visit, run: Run): Markup {
  const { text, show } = visit
  const words = text.run
  const { plan, state } = run
  if (plan === null || (state !== "held" && state !== "planned" && state !== "approved")) return html``
  const body = visit.may("approve")
    ? html`<p>${words.decideText}</p>${facts([
        [words.until, show.time(plan.expiresAt)],
        [words.hash, html`<code class="hash">${plan.hash}</code>`],
      ])}${decisionForms(visit, run, plan.hash)}`
    : html`<p>${words.needsRight}</p>${facts([[words.until, show.time(plan.expiresAt)]])}`
  return card({ title: words.decide, id: "decide", body })
}

/** The way to undo an import that can be undone, for those who may. */
export function undoLink(visit: Visit, run: Run, undo: Run | undefined): Markup {
  const isUndoable = run.state === "applied" && run.changesPurgedAt === undefined && undo === undefined
  if (!isUndoable || undone.every((name) => totalOf(run, name) === 0) || !visit.may("approve")) return html``
  const { undo: label, undoText } = visit.text.run
  return html`<div class="inline foot-action">${linkButton(visit.href(runPath(visit, run, "/undo")), label)}<span class="quiet">${undoText}</span></div>`
}

/** The way to cancel an import that is at work, for those who may. */
export function cancelLink(visit: Visit, run: Run): Markup {
  // What commits already is applied, and then can be undone.
  if (run.state === "applying" || !visit.may("operate")) return html``
  return html`<div class="actions">${linkButton(visit.href(runPath(visit, run, "/cancel")), visit.text.run.cancel)}</div>`
}

/** The hash that is shown is the one that is sent: what is approved is what was seen. */
function decisionForms(visit: Visit, run: Run, hash: string): Markup {
  const words = visit.text.run
  return visit.postForm(
    runPath(visit, run, "/approve"),
    html`<input type="hidden" name="hash" value="${hash}">
${textField({ name: "why", label: words.why, value: "" })}
<div class="actions">${button(words.approve, { kind: "primary" })}
<button class="button danger" formaction="${visit.href(runPath(visit, run, "/discard"))}">${words.discard}</button></div>`,
  )
}

async function approve(visit: Visit): Promise<Response> {
  const run = await visit.run()
  const { matching } = visit.parts
  await approveRun({ ...about(visit, run), hash: visit.form.get("hash") ?? "", matching })
  return visit.redirect(runPath(visit, run), "run-approved")
}

async function discard(visit: Visit): Promise<Response> {
  const run = await visit.run()
  await discardRun(about(visit, run))
  return visit.redirect(runPath(visit, run), "run-discarded")
}

async function undo(visit: Visit): Promise<Response> {
  const { connections } = visit.parts
  const result = await undoRun({ ...about(visit, await visit.run()), connections })
  return visit.redirect(runPath(visit, result.run), "run-undone")
}

async function cancel(visit: Visit): Promise<Response> {
  await cancelRun(about(visit, await visit.run()))
  return visit.redirect(visit.districtPath("import"), "run-cancelled")
}

function about(visit: Visit, { id: runId }: Run) {
  const { parts, actor: by, clock, form } = visit
  const { roster, storage } = parts
  const why = (form.get("why") ?? "").slice(0, 500)
  return { roster, audit: new AuditLog({ storage, clock }), runId, by, why }
}

async function askUndo(visit: Visit): Promise<Response> {
  const { text, show } = visit
  const words = text.run
  const run = await visit.run()
  const what = undone.filter((name) => totalOf(run, name) > 0)
  const items = [
    ...what.map((name) => words.undoWhat[name](show.number(totalOf(run, name)))),
    ...words.undoMore,
  ]
  return visit.page({
    section: "history",
    title: words.undoTitle,
    lead: words.undoLead,
    crumbs: runCrumbs(visit, run),
    body: card({
      title: words.undo,
      body: html`<ul class="plain">${items.map((item) => html`<li>${item}</li>`)}</ul>
${visit.postForm(
  runPath(visit, run, "/undo"),
  html`${textField({ name: "why", label: words.why, value: "" })}
<div class="actions">${button(words.undoConfirm, { kind: "danger" })}${linkButton(visit.href(runPath(visit, run)), text.cancel)}</div>`,
)}`,
    }),
  })
}

async function askCancel(visit: Visit): Promise<Response> {
  const { text } = visit
  const words = text.run
  const run = await visit.run()
  const toImport = linkButton(visit.href(visit.districtPath("import")), words.cancelNot)
  return visit.page({
    section: "import",
    title: words.cancelTitle,
    lead: words.undoLead,
    crumbs: runCrumbs(visit, run),
    body: card({
      title: words.cancel,
      body: html`<ul class="plain">${words.cancelWhat.map((item) => html`<li>${item}</li>`)}</ul>
${visit.postForm(
  runPath(visit, run, "/cancel"),
  html`${textField({ name: "why", label: words.why, value: "" })}
<div class="actions">${button(words.cancelConfirm, { kind: "danger" })}${toImport}</div>`,
)}`,
    }),
  })
}
