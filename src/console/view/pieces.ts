import { html, type Markup } from "./html.ts"

/** How something stands: green, blue, yellow, red, grey. */
export type Tone = "good" | "busy" | "warn" | "bad" | "quiet"

/** What a page says first. */
export interface Banner {
  readonly kind: "success" | "info" | "warning" | "error"
  readonly text: string | Markup
  /** What to do about it. */
  readonly advice?: string | Markup | undefined
}

/** A message that stands out; errors are read aloud at once. */
export function banner({ kind, text, advice }: Banner): Markup {
  return html`<div class="banner ${kind}" role="${kind === "error" ? "alert" : "status"}">
<p>${text}</p>
${advice === undefined ? "" : html`<p class="advice">${advice}</p>`}
</div>`
}

/** A state in a word. */
export function badge(text: string, tone: Tone): Markup {
  return html`<span class="badge ${tone}">${text}</span>`
}

/** A framed part of a page with a heading of its own. */
export function card(options: {
  readonly title: string
  readonly body: Markup
  readonly id?: string | undefined
  /** Beside the heading: a badge. */
  readonly aside?: Markup | undefined
}): Markup {
  const { title, body, id, aside } = options
  return html`<section class="card"${id === undefined ? "" : html` id="${id}"`}>
<div class="card-head"><h2>${title}</h2>${aside ?? ""}</div>
${body}
</section>`
}

/** What stands where nothing is yet: what that means, and what to do next. */
export function emptyState(options: {
  readonly title: string
  readonly text: string | Markup
  readonly action?: Markup | undefined
}): Markup {
  const { title, text, action } = options
  return html`<div class="empty"><p class="empty-title">${title}</p><p>${text}</p>${action ?? ""}</div>`
}

/** Names and values, one below the other. */
export function facts(entries: readonly (readonly [name: string, value: string | Markup])[]): Markup {
  return html`<dl class="facts">${entries.map(
    ([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`,
  )}</dl>`
}

/** A link that looks like a button. */
export function linkButton(href: string, text: string, kind: "primary" | "plain" = "plain"): Markup {
  return html`<a class="button ${kind}" href="${href}">${text}</a>`
}

/** A form's button. */
export function button(
  text: string,
  options: {
    readonly kind?: "primary" | "plain" | "danger" | undefined
    /** What is sent with the form if this is the button pressed. */
    readonly name?: string | undefined
    readonly value?: string | undefined
    readonly disabled?: boolean | undefined
    /** For whoever only hears it, where the text is the same several times on the page. */
    readonly label?: string | undefined
  } = {},
): Markup {
  const { kind = "plain", name, value, disabled = false, label } = options
  return html`<button class="button ${kind}"${name === undefined ? "" : html` name="${name}" value="${value ?? ""}"`}${
    disabled ? html` disabled` : ""
  }${label === undefined ? "" : html` aria-label="${label}"`}>${text}</button>`
}
