const maxLength = 200

/**
 * A text that is safe to write into a log: control characters, line separators and marks that turn the direction of
 * writing are `?`, and what is longer than 200 characters is cut off.
 */
export function auditText(text: string): string {
  const safe = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, "?")
  return safe.length > maxLength ? `${safe.slice(0, maxLength)}…` : safe
}
