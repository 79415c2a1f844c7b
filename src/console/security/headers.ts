import { HomeroomError } from "../../errors/index.ts"

/** Headers of every answer of the console. Nothing inline, nothing from elsewhere, nothing kept. */
export function securityHeaders(frameAncestors: readonly string[]): Readonly<Record<string, string>> {
  const ancestors = frameAncestors.length === 0 ? ["'none'"] : frameAncestors
  const wrong = ancestors.find((ancestor) => !/^(?:'self'|'none'|https?:\/\/[\w.*:[\]-]+)$/.test(ancestor))
  if (wrong !== undefined) {
    throw new HomeroomError("INVALID_OPTIONS", {
      message: `frameAncestors holds origins, as https://app.example, or 'self'; "${wrong}" is none.`,
      details: { option: "frameAncestors" },
    })
  }
  const policy = [
    "default-src 'none'",
    ...["style-src", "script-src", "img-src", "connect-src", "form-action"].map((part) => `${part} 'self'`),
    "base-uri 'none'",
    `frame-ancestors ${ancestors.join(" ")}`,
  ].join("; ")
  return {
    "content-security-policy": policy,
    "x-content-type-options": "nosniff",
    // Other sites learn nothing; a form of our own still says where it is from.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
    ...(frameAncestors.length === 0 && { "x-frame-options": "DENY" }),
  }
}
