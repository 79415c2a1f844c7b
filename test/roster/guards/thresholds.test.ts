import { describe, expect, it } from "vitest"
import { thresholdsFor } from "../../../src/roster/guards/thresholds.ts"
import type { GuardSettings } from "../../../src/storage/contract.ts"

const day = (date: string, time = "12:00:00.000") => Date.parse(`${date}T${time}Z`)
const today = day("2026-08-10")

describe("S15 thresholds", () => {
  it("S15 are the defaults where nothing is set", () => {
    expect(thresholdsFor({}, "user", today)).toEqual({
      archivedShare: 0.1,
      updatedShare: 0.75,
      rejectedShare: 0.05,
      atLeast: 20,
      mayEmpty: false,
      maySchoolsGo: false,
    })
  })

  it("S15 go by kind before the change of school year, by that before the general ones, one by one", () => {
    const settings: GuardSettings = {
      archivedShare: 0.2,
      updatedShare: 0.5,
      atLeast: 50,
      kinds: { section: { archivedShare: 0.3 } },
      rollover: {
        from: "2026-08-01",
        to: "2026-08-31",
        archivedShare: 0.4,
        maySchoolsGo: true,
        kinds: { term: { archivedShare: 1, mayEmpty: true } },
      },
    }
    const during = (kind: "user" | "section" | "term") => thresholdsFor(settings, kind, today)
    expect(during("user")).toMatchObject({ archivedShare: 0.4, updatedShare: 0.5, maySchoolsGo: true })
    expect(during("section")).toMatchObject({ archivedShare: 0.3, updatedShare: 0.5, maySchoolsGo: true })
    expect(during("term")).toMatchObject({ archivedShare: 1, mayEmpty: true, atLeast: 50 })
    const later = (kind: "user" | "section" | "term") => thresholdsFor(settings, kind, day("2026-09-01"))
    expect(later("user")).toMatchObject({ archivedShare: 0.2, maySchoolsGo: false })
    expect(later("section")).toMatchObject({ archivedShare: 0.3 })
    expect(later("term")).toMatchObject({ archivedShare: 0.2, mayEmpty: false })
  })

  it("S15 what a window says of a kind goes before what is said of it all year", () => {
    const settings: GuardSettings = {
      kinds: { user: { archivedShare: 0.01, atLeast: 5 } },
      rollover: { from: "2026-08-10", to: "2026-08-10", kinds: { user: { archivedShare: 0.5 } } },
    }
    expect(thresholdsFor(settings, "user", today)).toMatchObject({ archivedShare: 0.5, atLeast: 5 })
  })

  it.each([
    ["the day before", day("2026-07-31", "23:59:59.999"), 0.1],
    ["its first moment", day("2026-08-01", "00:00:00.000"), 0.9],
    ["its last moment", day("2026-08-31", "23:59:59.999"), 0.9],
    ["the day after", day("2026-09-01", "00:00:00.000"), 0.1],
  ])("S15 a window's days are in UTC and both included: %s", (_, nowMs, expected) => {
    const rollover = { from: "2026-08-01", to: "2026-08-31", archivedShare: 0.9 }
    expect(thresholdsFor({ rollover }, "user", nowMs).archivedShare).toBe(expected)
  })

  it("S15 nothing and zero are thresholds as well", () => {
    const settings = { archivedShare: 0, atLeast: 0, mayEmpty: false, kinds: { user: { mayEmpty: true } } }
    expect(thresholdsFor(settings, "user", today)).toMatchObject({
      archivedShare: 0,
      atLeast: 0,
      mayEmpty: true,
    })
    expect(thresholdsFor(settings, "term", today).mayEmpty).toBe(false)
  })
})
