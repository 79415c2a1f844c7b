/** Nothing obliges a JSON text to write letters and digits as they are: what has such an escape is looked into. */
export function escapesAsciiSql(value: string): string {
  return `${value} ~ '\\\\u00[2-7]'`
}

/** Whether a text of JSON may hold the id that the parameter is. */
export function mayHoldSql(value: string, parameter: string): string {
  return `(strpos(${value}, ${parameter}) > 0 OR ${escapesAsciiSql(value)})`
}
