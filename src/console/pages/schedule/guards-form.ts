import type { GuardSettings, GuardThresholds, RolloverWindow } from "../../../storage/contract.ts"
import type { Visit } from "../../routing/visit.ts"
import { selectField, textField } from "../../view/fields.ts"
import { html, type Markup } from "../../view/html.ts"
import { button, facts } from "../../view/pieces.ts"
import type { Problems } from "./problems.ts"

const shares = ["archivedShare", "updatedShare", "rejectedShare"] as const
const answers = ["mayEmpty", "maySchoolsGo"] as const

/** When an import of the district is held: to be changed by administrators, and to be read by everybody. */
export async function guardsForm(
  visit: Visit,
  options: {
    readonly own: GuardSettings | undefined
    readonly basis: Markup
    readonly problems: Problems | undefined
  },
): Promise<Markup> {
  const { text, show, parts, connection } = visit
  const { own = {}, basis, problems } = options
  const words = text.schedule
  const now = await parts.roster.thresholds({ districtId: connection.districtId })
  if (!visit.may("admin")) {
    const yesOrNo = (value: boolean) => (value ? text.yes : text.no)
    return html`${facts([
      ...shares.map((name) => [words[name], show.share(now[name])] as const),
      [words.atLeast, show.number(now.atLeast)],
      ...answers.map((name) => [words[name], yesOrNo(now[name])] as const),
    ])}<p class="hint">${words.guardsReadOnly}</p>`
  }
  const valueFor = (name: string, saved: string) =>
    problems === undefined ? saved : (visit.form.get(name) ?? "")
  const percentField = (
    name: (typeof shares)[number],
    window: GuardThresholds,
    prefix: string,
    hint?: string,
  ) =>
    textField({
      name: `${prefix}${name}`,
      label: words[name],
      hint,
      value: valueFor(`${prefix}${name}`, percentText(window[name])),
      ...(prefix === "" && { placeholder: percentText(now[name]) }),
      error: problems?.[`${prefix}${name}`],
      isNumeric: true,
    })
  const answerField = (name: (typeof answers)[number], window: GuardThresholds, prefix: string) =>
    selectField({
      name: `${prefix}${name}`,
      label: words[name],
      value: valueFor(`${prefix}${name}`, answerOf(window[name])),
      choices: [
        ["", prefix === "" ? words.answers[""] : words.asInTheYear],
        ["yes", words.answers.yes],
        ["no", words.answers.no],
      ],
    })
  const { rollover } = own
  const rolloverSettings: Partial<RolloverWindow> = rollover ?? {}
  const dateField = (name: "from" | "to") =>
    textField({
      name: `rollover-${name}`,
      label: words[name],
      type: "date",
      value: valueFor(`rollover-${name}`, rolloverSettings[name] ?? ""),
      error: problems?.[`rollover-${name}`],
    })
  return visit.postForm(
    visit.districtPath("schedule/guards"),
    html`${basis}<div class="fields">
${percentField("archivedShare", own, "", words.archivedShareHint)}
${percentField("updatedShare", own, "")}
${percentField("rejectedShare", own, "")}
${textField({
  name: "atLeast",
  label: words.atLeast,
  hint: words.atLeastHint,
  value: valueFor("atLeast", own.atLeast === undefined ? "" : String(own.atLeast)),
  placeholder: String(now.atLeast),
  error: problems?.atLeast,
  isNumeric: true,
})}
${answerField("mayEmpty", own, "")}
${answerField("maySchoolsGo", own, "")}
${selectField({
  name: "onHold",
  label: words.onHold,
  value: valueFor("onHold", own.onHold ?? ""),
  choices: [
    ["", words.onHoldChoices[""]],
    ["everything", words.onHoldChoices.everything],
    ["risky-only", words.onHoldChoices["risky-only"]],
  ],
})}
</div>
<fieldset><legend>${words.rollover}</legend>
<p class="hint">${words.rolloverText}</p>
<div class="fields">
${dateField("from")}
${dateField("to")}
${percentField("archivedShare", rolloverSettings, "rollover-")}
${percentField("updatedShare", rolloverSettings, "rollover-")}
${answerField("maySchoolsGo", rolloverSettings, "rollover-")}
</div></fieldset>
<div class="actions">${button(text.saveChanges, { kind: "primary", label: `${text.saveChanges}: ${words.guards}` })}</div>`,
  )
}

/** What was entered; settings that the form does not have, as those of single kinds, stay as they are. */
export function readGuards({ form, text, connection }: Visit): {
  guards: GuardSettings | undefined
  problems: Problems
} {
  const words = text.schedule
  const problems: Record<string, string> = {}
  const before = connection.settings.guards ?? {}
  const readWindow = (prefix: string, kept: GuardThresholds): GuardThresholds => {
    const window: GuardThresholds = { ...kept }
    for (const name of shares) {
      if (!form.has(`${prefix}${name}`)) continue
      delete window[name]
      const entered = (form.get(`${prefix}${name}`) ?? "")
        .trim()
        .replace(/%$/, "")
        .trimEnd()
        .replace(",", ".")
      const percent = /^\d{1,3}(?:\.\d{1,4})?$/.test(entered) ? Number(entered) : Number.NaN
      // Decimal, as it was entered: 0.07 rather than 7 / 100 with its tail.
      if (percent <= 100) window[name] = Number((percent / 100).toFixed(6))
      else if (entered !== "") problems[`${prefix}${name}`] = words.percentWrong
    }
    for (const name of answers) {
      if (!form.has(`${prefix}${name}`)) continue
      delete window[name]
      const answer = form.get(`${prefix}${name}`)
      if (answer === "yes" || answer === "no") window[name] = answer === "yes"
    }
    return window
  }
  const { rollover: oldRollover, onHold: _, atLeast: __, ...kept } = before
  const guards: GuardSettings = readWindow("", kept)
  const atLeast = (form.get("atLeast") ?? "").trim()
  if (/^\d{1,9}$/.test(atLeast)) guards.atLeast = Number(atLeast)
  else if (atLeast !== "") problems.atLeast = words.numberWrong
  const onHold = form.get("onHold")
  if (onHold === "everything" || onHold === "risky-only") guards.onHold = onHold
  const from = form.get("rollover-from") ?? ""
  const to = form.get("rollover-to") ?? ""
  if ((from === "") !== (to === ""))
    problems[from === "" ? "rollover-from" : "rollover-to"] = words.rolloverWrong
  if (from !== "" && to !== "") {
    guards.rollover = { ...readWindow("rollover-", oldRollover ?? {}), from, to }
  }
  const isEmpty = Object.keys(guards).length === 0
  return { guards: isEmpty ? undefined : guards, problems }
}

function percentText(share: number | undefined): string {
  return share === undefined ? "" : String(Number((share * 100).toFixed(4)))
}

function answerOf(value: boolean | undefined): string {
  if (value === undefined) return ""
  return value ? "yes" : "no"
}
