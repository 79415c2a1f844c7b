import type { ConsoleText } from "../text/english.ts"
import { html, type Markup } from "./html.ts"

/** A column of a table. */
export interface Column {
  readonly title: string
  /** Numbers stand under each other. */
  readonly isNumber?: boolean
  /** The title is for those alone who hear it: a column of buttons. */
  readonly isUntitled?: boolean
}

type Cell = string | number | Markup

/** A table that becomes a list of small cards where there is no room for it. `caption` is for whoever hears it. */
export function table(options: {
  readonly caption: string
  readonly columns: readonly Column[]
  readonly rows: readonly (readonly Cell[])[]
}): Markup {
  const { caption, columns, rows } = options
  // Laid out as blocks on a small screen it would be no table any more to those who hear it: hence the roles.
  return html`<table role="table">
<caption class="hidden">${caption}</caption>
<thead role="rowgroup"><tr role="row">${columns.map(
    ({ title, isNumber, isUntitled }) =>
      html`<th role="columnheader" scope="col"${isNumber === true ? html` class="number"` : ""}>${
        isUntitled === true ? html`<span class="hidden">${title}</span>` : title
      }</th>`,
  )}</tr></thead>
<tbody role="rowgroup">${rows.map((row) => html`<tr role="row">${row.map((cell, index) => cellOf(columns[index], cell))}</tr>\n`)}</tbody>
</table>`
}

function cellOf(column: Column | undefined, cell: Cell): Markup {
  const label = column?.isUntitled === true ? "" : html` data-label="${column?.title ?? ""}"`
  return html`<td role="cell"${label}${column?.isNumber === true ? html` class="number"` : ""}>${cell}</td>`
}

/** The way to the first page and to the next one, by their addresses; nothing where there is one page. */
export function pager(
  { pages, firstPage, nextPage }: Pick<ConsoleText, "pages" | "firstPage" | "nextPage">,
  { first, next }: { readonly first: string | undefined; readonly next: string | undefined },
): Markup {
  if (first === undefined && next === undefined) return html``
  return html`<nav class="pager" aria-label="${pages}">
${first === undefined ? "" : html`<a class="button plain" href="${first}">${firstPage}</a>`}
${next === undefined ? "" : html`<a class="button plain" href="${next}" rel="next">${nextPage}</a>`}
</nav>`
}
