import { describe, expect, it } from "vitest"
import { enrolmentChanges } from "../../src/models/index.ts"

describe("enrolmentChanges", () => {
  it("tells who joined and who left in which role", () => {
    expect(
      enrolmentChanges(
        { teacher: "t1", teachers: ["t1", "t2"], students: ["s1", "s2"] },
        { teacher: "t2", teachers: ["t2", "t3"], students: ["s2", "s3", "s3"] },
      ),
    ).toEqual({
      joined: [
        { id: "t3", role: "teacher" },
        { id: "s3", role: "student" },
      ],
      left: [
        { id: "t1", role: "teacher" },
        { id: "s1", role: "student" },
      ],
    })
  })

  it("counts the first teacher even if `teachers` lacks them, and once", () => {
    expect(enrolmentChanges(undefined, { teacher: "t1" }).joined).toEqual([{ id: "t1", role: "teacher" }])
    expect(enrolmentChanges({ teachers: ["t1"] }, { teacher: "t1", teachers: ["t1"] })).toEqual({
      joined: [],
      left: [],
    })
  })

  it("takes order and empties for no change, and a missing section for an empty one", () => {
    expect(enrolmentChanges({ students: ["a", "b"], teacher: "" }, { students: ["b", "a"] })).toEqual({
      joined: [],
      left: [],
    })
    expect(enrolmentChanges({ students: ["a"] }, null)).toEqual({
      joined: [],
      left: [{ id: "a", role: "student" }],
    })
    expect(enrolmentChanges({ students: "" }, { students: null })).toEqual({ joined: [], left: [] })
  })
})
