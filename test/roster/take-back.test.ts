import { describe, expect, it } from "vitest"
import { canonicalFingerprint, rawFingerprint } from "../../src/models/index.ts"
import { takeBack } from "../../src/roster/take-back.ts"
import type { LoggedAction, LoggedChange, RecordState, StoredRecord } from "../../src/storage/contract.ts"

const place = { kind: "user", id: "u1" } as const

const text = (email: string, more: object = {}) => JSON.stringify({ id: "u1", district: "d", email, ...more })

function logged(action: LoggedAction, before: string | null, after: string | null): LoggedChange {
  return { ...place, action, before, after }
}

function stored(data: string, state: RecordState = "active"): StoredRecord {
  const canonical = canonicalFingerprint(JSON.parse(data))
  return { ...place, state, data, raw: rawFingerprint(Buffer.from(data)), canonical }
}

const [old, now, other] = [text("old"), text("now"), text("other")]

describe("S24 taking back one change", () => {
  it.each<[string, LoggedChange, StoredRecord, object]>([
    ["a create", logged("create", null, now), stored(now), { action: "archive", ...place }],
    ["an update", logged("update", old, now), stored(now), { action: "update", ...place, data: old }],
    [
      "an archive",
      logged("archive", old, null),
      stored(old, "archived"),
      { action: "restore", ...place, data: old },
    ],
    [
      "an archive that put an older content back",
      logged("archive", now, old),
      stored(old, "archived"),
      { action: "restore", ...place, data: now },
    ],
    [
      "a restore with another content",
      logged("restore", old, now),
      stored(now),
      { action: "archive", ...place, content: expect.objectContaining({ data: old }) },
    ],
    [
      "a restore with the same content",
      logged("restore", now, now),
      stored(now),
      { action: "archive", ...place },
    ],
    [
      "an update, after a refresh",
      logged("update", old, now),
      stored(text("now", { last_modified: "2026-09-09T09:09:09.000Z", name: null })),
      { action: "update", ...place, data: old },
    ],
  ])("S24 of %s", (_, change, record, expected) => {
    const back = takeBack(change, record, undefined)
    expect(back).toMatchObject(expected)
    if (!("content" in expected)) expect(back).not.toHaveProperty("content")
    if ("raw" in back) {
      expect(back.raw).toBe(rawFingerprint(Buffer.from(back.data)))
      expect(back.canonical).toBe(canonicalFingerprint(JSON.parse(back.data)))
    }
  })

  it.each<[string, LoggedChange, StoredRecord | undefined, string, string]>([
    ["content moved on", logged("update", old, now), stored(other), "moved-on", "email"],
    ["back to before", logged("update", old, now), stored(old), "moved-on", "email"],
    ["archived since", logged("update", old, now), stored(now, "archived"), "moved-on", ""],
    ["restored since", logged("archive", old, null), stored(old), "moved-on", ""],
    ["created, edited since", logged("create", null, now), stored(other), "moved-on", "email"],
    [
      "archived, and another content since",
      logged("archive", old, null),
      stored(other, "archived"),
      "moved-on",
      "email",
    ],
    ["no longer stored", logged("update", old, now), undefined, "not-stored", ""],
    ["content before not kept", logged("update", null, now), stored(now), "log-purged", ""],
    [
      "content of an archive not kept",
      logged("archive", null, null),
      stored(old, "archived"),
      "log-purged",
      "",
    ],
    ["content before a restore not kept", logged("restore", null, now), stored(now), "log-purged", ""],
  ])("S24 leaves alone what is no longer as it was written: %s", (_, change, record, reason, path) => {
    // The list of what was left alone holds nothing of anybody.
    expect(takeBack(change, record, undefined)).toEqual({
      action: "reject",
      ...place,
      reason,
      path,
      data: "null",
    })
  })
})
