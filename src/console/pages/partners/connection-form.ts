import type { HomeroomError } from "../../../errors/index.ts"
import { idPattern } from "../../../models/index.ts"
import type { ConnectionMode } from "../../../storage/contract.ts"
import type { Visit } from "../../routing/visit.ts"
import { selectField, textField } from "../../view/fields.ts"
import { html, type Markup } from "../../view/html.ts"
import { table } from "../../view/table.ts"

/** Where the Clever District ID is entered; keeps what was entered when something was wrong with it. */
export function districtIdField(visit: Visit, problem: string | undefined): Markup {
  const words = visit.text.connection
  return textField({
    name: "districtId",
    label: words.districtId,
    hint: words.districtIdHint,
    value: visit.form.get("districtId") ?? "",
    error: problem,
    required: true,
    isCode: true,
  })
}

/** Which Clever app, where there are several. */
export function appField(visit: Visit, mode: ConnectionMode, value?: string): Markup {
  const { apps } = visit.parts.connections
  if (apps.length < 2) return html``
  const fitting = apps.filter((app) => app.mode === undefined || app.mode === mode)
  const choices = fitting.map(({ name }) => [name, name] as const)
  const chosen = visit.form.get("app") ?? value ?? fitting[0]?.name ?? ""
  return selectField({ name: "app", label: visit.text.connection.app, value: chosen, choices })
}

/** The id that was entered, or what is wrong with it before Clever is asked. */
export function readDistrictId(visit: Visit): string | { readonly problem: string } {
  const words = visit.text.connection
  const districtId = (visit.form.get("districtId") ?? "").trim()
  if (districtId === "") return { problem: words.districtIdMissing }
  if (!idPattern.test(districtId)) return { problem: words.districtIdWrong }
  return visit.sees(districtId) ? districtId : { problem: words.districtIdForeign }
}

/** Whether an error is about what was entered, or about Clever's answer to it: then it stands beside the field. */
export function connectError({ code }: HomeroomError): boolean {
  return code.startsWith("CLEVER_") || code === "INVALID_OPTIONS"
}

/** What happened to a connection or a request, newest first. */
export function stepsTable(
  visit: Visit,
  options: { readonly steps: readonly { what: string; mode: ConnectionMode; at: string; by: string }[] },
): Markup {
  const { text, show } = visit
  const { columns, stepsCaption } = text.connection
  return table({
    caption: stepsCaption,
    columns: [
      { title: columns.when },
      { title: columns.what },
      { title: columns.mode },
      { title: columns.who },
    ],
    rows: options.steps
      .toReversed()
      .map(({ what, mode, at, by }) => [show.time(at), what, text.modes[mode], by]),
  })
}
