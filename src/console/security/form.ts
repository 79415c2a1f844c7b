import { HomeroomError } from "../../errors/index.ts"

const mostBytes = 256 * 1024

/** What a form was sent with. Throws `CONSOLE_FORM_REFUSED` for what no form of the console sends. */
export async function readForm(request: Request): Promise<URLSearchParams> {
  const type = request.headers.get("content-type") ?? ""
  if (!/^application\/x-www-form-urlencoded\b/i.test(type)) {
    throw new HomeroomError("CONSOLE_FORM_REFUSED", { message: "The console takes forms alone." })
  }
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of request.body ?? []) {
    bytes += chunk.length
    if (bytes > mostBytes) {
      throw new HomeroomError("CONSOLE_FORM_REFUSED", {
        message: "The form is larger than any of the console.",
      })
    }
    chunks.push(chunk)
  }
  return new URLSearchParams(Buffer.concat(chunks).toString("utf8"))
}
