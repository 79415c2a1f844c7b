import type { RecordChange } from "../../roster/index.ts"
import type { Visit } from "../routing/visit.ts"
import { html, type Markup } from "./html.ts"
import { badge, type Tone } from "./pieces.ts"
import { table } from "./table.ts"
import { leavesOf, valueText } from "./values.ts"

const tones: Readonly<Record<RecordChange["action"], Tone>> = {
  create: "good",
  update: "busy",
  archive: "warn",
  restore: "good",
}

/** What was done with a record, in a word. */
export function actionBadge({ text }: Pick<Visit, "text">, action: RecordChange["action"]): Markup {
  return badge(text.actions[action], tones[action])
}

/** Changes one below the other, each field with its value before and after. */
export function changeList(visit: Visit, changes: readonly RecordChange[]): Markup {
  return html`<ol class="changes">${changes.map((change) => html`<li>${changeItem(visit, change)}</li>\n`)}</ol>`
}

function changeItem(visit: Visit, change: RecordChange): Markup {
  const { text } = visit
  const { kind, action } = change
  return html`<article>
<div class="change-head"><h3>${text.record[kind]} ${recordLink(visit, change)}</h3>${actionBadge(visit, action)}</div>
${fieldsOf(visit, change)}${people(visit, change)}
</article>`
}

/** People have a page of their own. */
function recordLink(visit: Visit, { kind, id }: Pick<RecordChange, "kind" | "id">): Markup {
  return kind === "user" ? personLink(visit, id) : html`<code>${id}</code>`
}

/** The way to somebody's page, by their Clever id. */
export function personLink(visit: Visit, id: string): Markup {
  const path = visit.districtPath(`people/${encodeURIComponent(id)}`)
  return html`<a href="${visit.href(path)}"><code>${id}</code></a>`
}

function fieldsOf({ text, show }: Visit, change: RecordChange): Markup {
  const { action, joined, left } = change
  const words = text.run
  const isListed = joined.length + left.length > 0
  // Who joined and who left says more than two lists of ids.
  const isSaid = ({ path }: RecordChange["fields"][number]): boolean =>
    !isListed || (path !== "students" && path !== "teachers")
  const changed = change.fields.filter(isSaid)
  // What is archived as it was says at least who or what it is.
  const isGone = changed.length === 0 && action === "archive"
  const fields = isGone ? (change.archived ?? []).filter(isSaid) : changed
  if (fields.length === 0) return html``
  const isWhole = isGone || action === "create"
  const rows = isWhole
    ? fields
        .flatMap(({ path, before, after }) => leavesOf(path, isGone ? before : after))
        .map(([path, value]) => [fieldName(path), valueText(value)])
    : fields.map(({ path, before, after }) => [fieldName(path), valueText(before), valueText(after)])
  const columns = [
    { title: words.field },
    ...(action === "create" ? [] : [{ title: words.before }]),
    ...(isGone ? [] : [{ title: words.after }]),
  ]
  const caption = `${text.record[change.kind]} ${change.id}`
  const list = table({ caption, columns, rows })
  if (!isWhole) return html`<div class="diff">${list}</div>`
  return html`<details><summary>${words.newFields(show.number(rows.length))}<span class="hidden"> ${caption}</span></summary><div class="diff">${list}</div></details>`
}

function fieldName(path: string): Markup {
  return html`<code>${path}</code>`
}

/** So many of those who joined or left are named. */
const mostNamed = 30

function people(visit: Visit, { joined, left }: RecordChange): Markup {
  const { text, show } = visit
  const lines = [
    { label: text.run.joined, list: joined },
    { label: text.run.left, list: left },
  ].filter(({ list }) => list.length > 0)
  return html`${lines.map(
    ({ label, list }) =>
      html`<p class="enrolments"><strong>${label} (${show.number(list.length)}):</strong> ${list
        .slice(0, mostNamed)
        .map(({ id, role }) => html`${text.roles[role] ?? role} ${personLink(visit, id)} `)}${
        list.length > mostNamed ? "…" : ""
      }</p>`,
  )}`
}
