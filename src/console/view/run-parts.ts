import { type Kind, kinds } from "../../models/index.ts"
import type { Counts, Hold, LoggedAction, Run } from "../../storage/contract.ts"
import type { Visit } from "../routing/visit.ts"
import { totalOf } from "./changes-chart.ts"
import { html, type Markup } from "./html.ts"
import { card } from "./pieces.ts"
import { table } from "./table.ts"

const outcomes = ["created", "updated", "archived", "restored", "unchanged", "rejected"] as const

/** What each outcome is called in the list of changes. */
const actions: Readonly<Partial<Record<keyof Counts, LoggedAction>>> = {
  created: "create",
  updated: "update",
  archived: "archive",
  restored: "restore",
}

/** Counts by kind and outcome; a number leads to the changes behind it. */
export function countsTable(
  { text, show }: Visit,
  run: Run,
  hrefOf: (filter: { kind: Kind; action: LoggedAction } | "rejected") => string | undefined,
): Markup {
  const cell = (kind: Kind, name: keyof Counts): Markup => {
    const count = run.counts[kind][name]
    if (count === 0) return show.count(count)
    const action = actions[name]
    const href =
      action !== undefined ? hrefOf({ kind, action }) : name === "rejected" ? hrefOf("rejected") : undefined
    if (href === undefined) return html`${show.number(count)}`
    const label = `${show.number(count)} ${text.counts[name]}, ${text.kinds[kind]}`
    return html`<a href="${href}" aria-label="${label}">${show.number(count)}</a>`
  }
  const total = outcomes.map((name) => html`<strong>${show.number(totalOf(run, name))}</strong>`)
  return table({
    caption: text.run.countsTitle,
    columns: [
      { title: text.run.kind },
      ...outcomes.map((name) => ({ title: text.counts[name], isNumber: true })),
    ],
    rows: [
      ...kinds.map((kind) => [text.kinds[kind], ...outcomes.map((name) => cell(kind, name))]),
      [html`<strong>${text.run.total}</strong>`, ...total],
    ],
  })
}

/** What the guards found: each value that was measured beside its limit. */
export function guardsCard(visit: Visit, run: Run): Markup {
  const { text } = visit
  const { guards, guardColumns, guardResults, guardsPassed, guardsNotAsked } = text.run
  const isAsked = run.state !== "failed" && run.state !== "interrupted" && run.mode !== "undo"
  const { holds, passed = [] } = run
  const row = (hold: Hold, result: string): Markup[] =>
    [
      text.run.holds[hold.code],
      aboutHold(visit, hold),
      measured(visit, hold),
      limit(visit, hold),
      result,
    ].map((cell) => html`${cell}`)
  const rows = [
    ...holds.map((hold) => row(hold, guardResults.held).map((cell) => html`<strong>${cell}</strong>`)),
    ...passed.map((hold) => row(hold, guardResults.passed)),
  ]
  const list = table({
    caption: guards,
    columns: [
      { title: guardColumns.guard },
      { title: guardColumns.about },
      { title: guardColumns.measured, isNumber: true },
      { title: guardColumns.limit, isNumber: true },
      { title: guardColumns.result },
    ],
    rows,
  })
  const body = html`${holds.length === 0 ? html`<p class="quiet">${isAsked ? guardsPassed : guardsNotAsked}</p>` : ""}${
    rows.length === 0 ? "" : list
  }`
  return card({ title: guards, id: "guards", body })
}

function aboutHold({ text }: Visit, { kind, schoolId, role }: Hold): Markup {
  const words = text.run
  const parts = [
    kind === null ? words.everything : text.kinds[kind],
    ...(role === undefined ? [] : [words.ofRole(text.roles[role] ?? role)]),
    ...(schoolId === null ? [] : [words.ofSchool(schoolId)]),
  ]
  return html`${parts.join(", ")}`
}

const inShares: readonly Hold["code"][] = ["archived-ratio", "updated-ratio", "rejected-ratio"]

function measured({ show }: Visit, hold: Hold): string {
  if (typeof hold.measured === "string") return hold.measured
  return inShares.includes(hold.code) ? show.share(hold.measured) : show.number(hold.measured)
}

function limit({ text, show }: Visit, hold: Hold): string {
  if (typeof hold.limit === "string") return hold.limit
  const { atMost, atLeast } = text.run
  return inShares.includes(hold.code) ? atMost(show.share(hold.limit)) : atLeast(show.number(hold.limit))
}

interface Step {
  readonly at: string | null
  readonly text: string
  /** In somebody's words. */
  readonly why?: string | undefined
}

/** What happened with the run, step by step, in order. */
export function timeline(visit: Visit, run: Run, undo: Run | undefined): Markup {
  const items = stepsOf(visit, run, undo).map(
    ({ at, text, why }) =>
      html`<li><span class="step"><bdi>${text}</bdi></span>${at === null ? "" : html` <span class="quiet">${visit.show.time(at)}</span>`}${
        why === undefined || why === "" ? "" : html`<span class="why"><bdi>${why}</bdi></span>`
      }</li>`,
  )
  return card({ title: visit.text.run.timeline, body: html`<ol class="timeline">${items}</ol>` })
}

function stepsOf({ text, show }: Visit, run: Run, undo: Run | undefined): Step[] {
  const { steps } = text.run
  const { approval, decision, plan, state } = run
  const readAt = new Date(Date.parse(run.startedAt) + run.durationMs).toISOString()
  const list: Step[] = [{ at: run.startedAt, text: steps.started(run.startedBy) }]
  if (run.resumed > 0) list.push({ at: null, text: steps.resumed(show.number(run.resumed)) })
  if (plan !== null) list.push({ at: readAt, text: run.holds.length > 0 ? steps.held : steps.planned })
  if (approval !== null) list.push({ at: approval.at, text: steps.approved(approval.by), why: approval.why })
  if (state === "held" || state === "planned" || state === "approved") {
    if (plan !== null) list.push({ at: plan.expiresAt, text: steps.expires })
  } else if (state === "discarded") {
    list.push({
      at: decision?.at ?? run.finishedAt,
      text: steps.discarded(decision?.by ?? ""),
      why: decision?.why,
    })
  } else if (state === "cancelled" && run.mode !== "undo" && decision !== null) {
    list.push({ at: run.finishedAt, text: steps.cancelledBy(decision.by), why: decision.why })
  } else if (state === "interrupted") list.push({ at: null, text: steps.interrupted })
  else if (run.finishedAt !== null) {
    const why = run.mode === "undo" || state === "expired" ? decision?.why : undefined
    list.push({ at: run.finishedAt, text: endOf(steps, state), why })
  }
  if (undo !== undefined)
    list.push({ at: undo.finishedAt, text: steps.undone(undo.startedBy), why: undo.decision?.why })
  return list
}

function endOf(steps: Visit["text"]["run"]["steps"], state: Run["state"]): string {
  switch (state) {
    case "applied":
    case "unchanged":
    case "failed":
    case "expired":
    case "cancelled":
      return steps[state]
    default:
      return steps.ended
  }
}
