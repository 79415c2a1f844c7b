/** What may stand in an error's details: ids, counts, states and field names, never a person's data. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean | null | undefined>>

const secretKey = /token|secret|password|authorization|cookie|code_?verifier/i
// A word with an address in it goes as a whole, so that no second address is left in its rest. It is looked at from where
// it begins alone: from every letter, a long text would take its length squared.
const secretText =
  /(?<![\w.+@-])(?=[\w.+@-]*?[\w.+-]@[\w-]+\.[\w-])[\w.+@-]+|\b(?:bearer|basic)\s+[\w.~+/=@-]+|\bilc?_?[A-Za-z0-9]{12,}\b/gi

/** Replaces bearer tokens, basic credentials and e-mail addresses in a text by `[redacted]`. */
export function redactText(text: string): string {
  return text.replace(secretText, "[redacted]")
}

/** Drops absent values, blanks every value under a secret-sounding key and redacts the texts. */
export function redactDetails(details: ErrorDetails): Record<string, string | number | boolean | null> {
  const redacted: Record<string, string | number | boolean | null> = {}
  for (const [key, value] of Object.entries(details)) {
    if (value === undefined) continue
    if (secretKey.test(key)) redacted[key] = "[redacted]"
    else redacted[key] = typeof value === "string" ? redactText(value) : value
  }
  return redacted
}
