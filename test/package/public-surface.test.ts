import { describe, expect, test } from "vitest"
import { PublicSurface } from "../support/public-surface.ts"

/** Parts of unions and bases of types that have names. */
const parts = [
  ...["Clever", "Console", "General", "Import", "Matching", "SignIn", "Storage"].map(
    (area) => `${area}ErrorCode`,
  ),
  ...["ChangeOf", "EventAction", "EventSubject", "MatchAuditDeed", "MemoryAppStore", "Refused", "Resolved"],
]

/** What only ours is given: by the constructor of a class that apps are handed, or as what another answer has. */
const ours = [
  ...["CompiledScope", "CookieStyle", "FailureNote", "FoundBy", "ScopeVerdict"],
  ...["DistrictData", "EventFeed", "FeedFilter", "ObjectIdSource", "RecordChange", "RecordStore", "Sharing"],
  "StoredEvent",
]

/** Values whose type is what counts. */
const values = ["cleverLoginPlugin", "relations"]

/** What an app takes part in, or decides, and no mere listeners. */
const deciding = /\.on(?:Login|Link|Logout|Hold|Rejected)$/

/** The same in both frameworks. */
const doors = ["cleverConsole", "default", "sendLoginAnswer"]

describe("what apps can import", () => {
  const surface = new PublicSurface()
  const options = surface.options(/(?:Options|Limits|Settings|Parts)$/)

  test("has one name for one thing, whichever entry it is from", () => {
    expect(surface.ambiguousNames().filter((name) => !doors.includes(name))).toEqual([])
  })

  test("leads to no type that can't be named, but for some that nobody needs to", () => {
    expect(surface.hiddenTypes()).toEqual([...parts, ...ours, ...values].sort())
  })

  test("has a docstring on every function, class and method", () => {
    expect(surface.undocumented()).toEqual([])
    expect(surface.undocumentedMethods()).toEqual([])
  })

  test("says the default of every option, but for signals and hooks", () => {
    const plain = options.filter(({ name }) => !/\.(?:signal|on[A-Z]\w*)$/.test(name))
    expect(plain.length).toBeGreaterThan(150)
    expect(plain.filter(({ text }) => !/default/i.test(text)).map(({ name }) => name)).toEqual([])
  })

  test("ignores what a listener throws, and says so", () => {
    const hooks = options.filter(({ name }) => /\.on[A-Z]/.test(name) && !deciding.test(name))
    expect(hooks.length).toBeGreaterThan(15)
    expect(hooks.filter(({ text }) => !/throws is ignored/.test(text)).map(({ name }) => name)).toEqual([])
  })

  test("takes undefined for every option that may be left out", () => {
    expect(options.filter(({ allowsUndefined }) => !allowsUndefined).map(({ name }) => name)).toEqual([])
  })
})
