/** The ways in which a text is written where texts stand: as it is, inside JSON, and inside a link. */
export function textForms(text: string): string[] {
  const quoted = JSON.stringify(text).slice(1, -1)
  const ascii = quoted.replace(
    /[^ -~]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  )
  const upper = ascii.replace(/\\u[0-9a-f]{4}/g, (code) => `\\u${code.slice(2).toUpperCase()}`)
  return [...new Set([text, quoted, ascii, upper, encodeURIComponent(text.replace(/\p{Cs}/gu, "?"))])]
}

/** A JSON text with its escaped letters and digits as they are: nothing obliges it to write them so. */
export function withoutEscapedAscii(json: string): string {
  return json.replace(/\\u(00[2-7][0-9a-f])/gi, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  )
}
