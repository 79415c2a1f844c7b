import { html, type Markup } from "./html.ts"

interface FieldOptions {
  readonly name: string
  readonly label: string
  /** What it is for, in a line. */
  readonly hint?: string | Markup | undefined
  /** What is wrong with what was entered. */
  readonly error?: string | undefined
}

/** A line of text to enter, with its label, hint and error. */
export function textField(
  options: FieldOptions & {
    readonly value: string
    readonly type?: "text" | "date" | "time" | undefined
    readonly required?: boolean | undefined
    readonly placeholder?: string | undefined
    /** Small screens then show digits alone. */
    readonly isNumeric?: boolean | undefined
    readonly isReadOnly?: boolean | undefined
    /** Ids and expressions, which no dictionary knows. */
    readonly isCode?: boolean | undefined
    /** Id of a `datalist`. */
    readonly list?: string | undefined
  },
): Markup {
  const { name, value, type = "text", required, placeholder, isNumeric, isCode, list } = options
  const flags = [
    ...(required === true ? ["required"] : []),
    ...(options.isReadOnly === true ? ["readonly"] : []),
  ]
  return field(
    options,
    html`<input id="${name}" name="${name}" type="${type}" value="${value}"${attribute("placeholder", placeholder)}${attribute("inputmode", isNumeric === true ? "decimal" : undefined)}${attribute("list", list)}${flags.map((flag) => html` ${flag}`)}${
      isCode === true ? html` class="code" autocapitalize="none" spellcheck="false"` : ""
    } autocomplete="off"${described(options)}>`,
  )
}

/** Several lines of text to enter. */
export function textArea(
  options: FieldOptions & { readonly value: string; readonly rows?: number | undefined },
): Markup {
  const { name, value, rows = 4 } = options
  return field(
    options,
    html`<textarea id="${name}" name="${name}" rows="${rows}" spellcheck="false"${described(options)}>${value}</textarea>`,
  )
}

/** One of several values. */
export function selectField(
  options: FieldOptions & {
    readonly value: string
    readonly choices: readonly (readonly [value: string, text: string])[]
  },
): Markup {
  const { name, value, choices } = options
  return field(
    options,
    html`<select id="${name}" name="${name}"${described(options)}>${choices.map(
      ([choice, text]) =>
        html`<option value="${choice}"${choice === value ? html` selected` : ""}>${text}</option>`,
    )}</select>`,
  )
}

/** Yes or no. */
export function checkbox(options: FieldOptions & { readonly checked: boolean }): Markup {
  const { name, label, checked, hint } = options
  return html`<div class="choice"><input type="checkbox" id="${name}" name="${name}" value="on"${
    checked ? html` checked` : ""
  }${described(options)}>
<label for="${name}">${label}</label>${hint === undefined ? "" : html`<p class="hint" id="${name}-hint">${hint}</p>`}</div>`
}

/** Some choices of which one is taken, each with a line on what it means. */
export function radios(options: {
  readonly name: string
  readonly legend: string
  readonly value: string
  readonly choices: readonly {
    readonly value: string
    readonly label: string
    readonly hint?: string | undefined
  }[]
}): Markup {
  const { name, legend, value: chosen, choices } = options
  return html`<fieldset class="radios"><legend>${legend}</legend>
${choices.map(
  ({ value, label, hint }) => html`<div class="choice">
<input type="radio" name="${name}" id="${name}-${value}" value="${value}"${value === chosen ? html` checked` : ""}${
    hint === undefined ? "" : html` aria-describedby="${name}-${value}-hint"`
  }>
<label for="${name}-${value}">${label}</label>
${hint === undefined ? "" : html`<p class="hint" id="${name}-${value}-hint">${hint}</p>`}
</div>`,
)}
</fieldset>`
}

function field(options: FieldOptions, control: Markup): Markup {
  const { name, label, hint, error } = options
  return html`<div class="field${error === undefined ? "" : " wrong"}">
<label for="${name}">${label}</label>
${control}
${error === undefined ? "" : html`<p class="field-error" id="${name}-error">${error}</p>`}
${hint === undefined ? "" : html`<p class="hint" id="${name}-hint">${hint}</p>`}
</div>`
}

function described({ name, hint, error }: FieldOptions): Markup {
  const ids = [
    ...(error === undefined ? [] : [`${name}-error`]),
    ...(hint === undefined ? [] : [`${name}-hint`]),
  ]
  return html`${ids.length === 0 ? "" : html` aria-describedby="${ids.join(" ")}"`}${
    error === undefined ? "" : html` aria-invalid="true"`
  }`
}

function attribute(name: string, value: string | number | undefined): Markup {
  // Names are the console's own, never somebody's.
  return value === undefined ? html`` : html` ${name}="${value}"`
}
