/** Answers with a JSON value. */
export function jsonAnswer(status: number, body: unknown): Response {
  return textAnswer(status, JSON.stringify(body))
}

/** Answers with JSON text. */
export function textAnswer(status: number, text: string): Response {
  return bytesAnswer(status, Buffer.from(text))
}

/** Answers with the bytes of JSON text. */
export function bytesAnswer(status: number, bytes: Uint8Array<ArrayBuffer>): Response {
  return new Response(bytes, {
    status,
    headers: { "content-type": "application/json; charset=utf-8", "cache-control": "no-store" },
  })
}

/** Clever's answer for an address that it does not have: a page of HTML, whatever was accepted. */
export function unknownAddress(method: string, path: string): Response {
  return htmlAnswer(404, `Cannot ${method} ${path}`)
}

/** A page of HTML as Clever's servers make it. */
export function htmlAnswer(status: number, text: string): Response {
  const escaped = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")
  const page = `<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>Error</title>\n</head>\n<body>\n<pre>${escaped}</pre>\n</body>\n</html>\n`
  return new Response(page, {
    status,
    headers: { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" },
  })
}

/** Clever's answer for a record that is deleted, not shared, or never was. */
export function unknownRecord(): Response {
  return jsonAnswer(404, { message: "Resource not found" })
}

/** Clever's answer to a token that it does not know (recorded). */
export function unknownToken(): Response {
  return jsonAnswer(401, { code: 101, error: "Unrecognized token string", data: {} })
}
