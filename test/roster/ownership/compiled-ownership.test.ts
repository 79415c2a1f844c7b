import { describe, expect, it } from "vitest"
import type { Ownership } from "../../../src/models/ownership.ts"
import { compileOwnership } from "../../../src/roster/ownership/compiled-ownership.ts"
import { codeOf } from "../../support/roster-world.ts"

describe("S19 whose a field is", () => {
  const ownership: Ownership = {
    user: {
      "name.first": "sticky",
      email: "app",
      'roles.student.ext["a.b"]': "app",
      "roles.staff.title": "clever",
    },
    section: { name: "app" },
  }
  const compiled = compileOwnership(ownership)

  it.each([
    ["user", "name.first", "sticky"],
    ["user", "name", "clever"],
    ["user", "name.last", "clever"],
    ["user", "email", "app"],
    ["user", 'roles["student"].ext["a.b"].c', "app"],
    ["user", "roles.student.ext", "clever"],
    ["user", "roles.staff.title", "clever"],
    ["user", "a..b", "clever"],
    ["user", "id", "clever"],
    ["section", "name", "app"],
    ["school", "name", "clever"],
  ] as const)("S19 of a %s, %s is %s", (kind, path, owner) => {
    expect(compiled.ownerOf(kind, path)).toBe(owner)
    expect(compileOwnership(undefined).ownerOf(kind, path)).toBe("clever")
  })

  it("S19 paths are known by one spelling", () => {
    expect(
      compileOwnership({ user: { '["email"]': "app" } })
        .appFields("user")
        .map(({ path }) => path),
    ).toEqual(["email"])
  })

  it.each<[string, Ownership]>([
    ["the id", { user: { id: "app" } }],
    ["a role", { user: { "roles.student": "sticky" } }],
    ["no path", { user: { "a..b": "sticky" } }],
    ["a field and a part of it", { user: { name: "app", "name.first": "sticky" } }],
    ["a part of a field and the field", { user: { "name.first": "sticky", name: "clever" } }],
    ["one field in two spellings", { user: { email: "app", '["email"]': "sticky" } }],
  ])("S19 %s can't be owned", async (_, refused) => {
    expect(await codeOf((async () => compileOwnership(refused))())).toBe("INVALID_OPTIONS")
  })
})
