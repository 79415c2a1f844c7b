import { textForms, withoutEscapedAscii } from "../../models/text-forms.ts"

/**
 * Tells of any value whether a text stands in it, names of members included, in whatever way it is written: as it is, as
 * JSON writes it, or in a link. What `countTraces` counts by.
 */
export function traceFinder(text: string): (value: unknown) => boolean {
  const forms = textForms(text)
  const isIn = (value: string) =>
    forms.some((form) => value.includes(form)) ||
    (value.includes("\\u00") && withoutEscapedAscii(value).includes(text))
  return (value) => hasText(value, isIn)
}

function hasText(value: unknown, isIn: (text: string) => boolean): boolean {
  if (typeof value === "string") return isIn(value)
  if (typeof value !== "object" || value === null) return false
  return Object.entries(value).some(([name, inner]) => isIn(name) || hasText(inner, isIn))
}
