/** One line of CSV (RFC 4180), with its line break. */
export function csvLine(cells: readonly string[]): string {
  return `${cells.map(csvCell).join(",")}\r\n`
}

/** What formulas begin with, or what comes before one (OWASP, ASVS 1.2.10); the last four are the full-width signs. */
const formulaStart = /^[=+\-@\t\r\n\0\uff1d\uff0b\uff0d\uff20]/

/**
 * A cell that spreadsheets take as the text it is: one that looks like a formula gets an apostrophe before it,
 * since what stands in a roster is written by many people (OWASP, CSV injection).
 */
function csvCell(text: string): string {
  const isFormula = formulaStart.test(text) && !/^[+-]?\d+(?:\.\d+)?$/.test(text)
  const safe = isFormula ? `'${text}` : text
  return /[",\r\n']/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
