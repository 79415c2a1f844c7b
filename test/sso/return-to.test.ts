import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { ReturnTargets } from "../../src/sso/return-to.ts"

const origin = "https://app.example"
const targets = new ReturnTargets({
  origin,
  homePath: "/home",
  ownPaths: ["/auth/clever/login", "/auth/clever/callback", "/auth/clever/logout"],
  allowedOrigins: ["https://reports.example"],
})

describe("R15 where a login leads", () => {
  test.each([
    ["/", "/"],
    ["/work?unit=3#task", "/work?unit=3#task"],
    ["/a/../b", "/b"],
    ["/ä", "/%C3%A4"],
    ["/auth/clever", "/auth/clever"],
    ["https://app.example/work", "/work"],
    ["https://reports.example/a?b=c", "https://reports.example/a?b=c"],
  ])("%s leads to %s", (asked, expected) => {
    expect(targets.read(asked)).toBe(expected)
  })

  test.each([
    "",
    "work",
    "//evil.example",
    "//app.example/work",
    "//reports.example/a",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    " /work",
    "/work\u0000",
    "/a\u2028b",
    "/.//evil.example",
    "/x/..//evil.example",
    "https:evil.example",
    "https://evil.example",
    "https://app.example@evil.example/",
    "https://app.example.evil.example/",
    "https://user:pass@app.example/",
    "http://app.example/",
    "https://app.example:444/",
    "https://reports.example.evil.example/",
    "http://reports.example/",
    "javascript:alert(1)",
    "JaVaScRiPt://app.example/%0aalert(1)",
    "data:text/html,x",
    "blob:https://app.example/x",
    "file:///etc/passwd",
    "/auth/clever/login",
    "/auth/clever/LOGIN/",
    "/auth/clever/%6cogin?return_to=/",
    "/auth/clever/callback?code=x",
    "/auth/clever/logout",
    `/${"a".repeat(1_100)}`,
    `/${"ä".repeat(600)}`,
    `/${"a/../".repeat(300)}`,
    undefined,
    null,
    7,
    ["/work"],
    { toString: () => "/work" },
  ])("%j leads home", (asked) => {
    expect(targets.read(asked)).toBe("/home")
  })

  test("whatever is asked for, the browser stays on an allowed origin, off the login routes, and reading twice changes nothing", () => {
    const piece = fc.oneof(
      fc.string({ maxLength: 12 }),
      fc.constantFrom(
        "/",
        "//",
        "\\",
        "@",
        ":",
        "https:",
        "evil.example",
        origin,
        "%2f",
        "%5c",
        "..",
        "\t",
        "auth/clever/login",
      ),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const target = targets.read(pieces.join(""))
        const url = new URL(target, origin)
        expect([origin, "https://reports.example"]).toContain(url.origin)
        expect(target).toMatch(/^(\/(?!\/)|https:\/\/reports\.example\/)/)
        expect(decodeURIComponent(url.pathname).toLowerCase()).not.toMatch(
          /^\/auth\/clever\/(login|callback|logout)\/?$/,
        )
        expect(targets.read(target)).toBe(target)
      }),
    )
  })
})
