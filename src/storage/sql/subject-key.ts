import { hash } from "node:crypto"

/**
 * What a subject's session epoch is kept under. An epoch outlives whom it is of, because it keeps sessions ended that
 * only a browser holds (R37, R55): it must not say who that was.
 */
export function subjectKey(subject: string): string {
  return hash("sha256", subject, "base64url")
}
