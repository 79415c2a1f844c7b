import { html, type Markup } from "./html.ts"

/** Longer ones are cut: a page is no place for a whole list of pupils. */
const mostCharacters = 300

/** A value of a record, as a person reads it; what is no text as JSON. Its direction stays its own. */
export function valueText(value: unknown): Markup {
  if (value === undefined || value === null || value === "") return html`<span class="quiet">–</span>`
  const text = typeof value === "string" ? value : JSON.stringify(value)
  const shown = [...text.slice(0, mostCharacters * 2)].slice(0, mostCharacters).join("")
  return html`<bdi class="value">${shown}${shown.length < text.length ? "…" : ""}</bdi>`
}

/** A value with all that is in it, one field after the other: a new object is one change, but is read by its fields. */
export function leavesOf(path: string, value: unknown): (readonly [path: string, value: unknown])[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [[path, value]]
  return Object.entries(value).flatMap(([key, inner]) => leavesOf(`${path}.${key}`, inner))
}
