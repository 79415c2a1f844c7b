import { describe, expect, it } from "vitest"
import { canonicalJson, diffRecords } from "../../src/models/index.ts"
import { parseRecord } from "../../src/models/parse-record.ts"
import { hasRecordings, recordedObjects } from "./recordings.ts"

describe("every recorded record of Clever", () => {
  it("is accepted with all its keys", (context) => {
    if (!hasRecordings) context.skip("the recordings are not beside this project")
    const objects = recordedObjects()
    expect(objects.length).toBeGreaterThan(2_700)
    for (const { source, kind, value } of objects) {
      const before = JSON.stringify(value)
      const districtId = String(kind === "district" ? value.id : value.district)
      const result = parseRecord(kind, value, { districtId })
      expect(result, source).toEqual({ ok: true, record: value })
      expect(JSON.stringify(result.ok && result.record)).toBe(before)
      expect(diffRecords(value, JSON.parse(canonicalJson(value)))).toEqual([])
    }
  })
})
