import { globSync } from "node:fs"
import { posix } from "node:path"
import { describe, expect, test } from "vitest"
import { readDocument } from "../../scripts/documents.ts"
import { root } from "../../scripts/entries.ts"
import { readChapters } from "../../site/navigation.ts"
import { placeOf, withPlaces } from "../../site/places.ts"

describe("the site", () => {
  test("has every page of docs/ in its menu, once", () => {
    const listed = readChapters(readDocument("docs/README.md")).flatMap(({ pages }) =>
      pages.map(({ path }) => posix.join("docs", path)),
    )
    const pages = globSync("docs/**/*.md", { cwd: root }).filter((path) => path !== "docs/README.md")
    expect(listed.filter((path) => path.startsWith("docs/")).sort()).toEqual(pages.sort())
  })

  test.each([
    ["docs/README.md", "index.md"],
    ["docs/spec/sync.md", "spec/sync.md"],
    ["CHANGELOG.md", "changelog.md"],
    ["LICENSE", "license.md"],
    [".changeset/README.md", "changeset/readme.md"],
    ["examples/README.md", "examples/readme.md"],
    ["examples/class-list", "examples/class-list.md"],
    ["examples/custom-storage/store/journal.ts", "examples/custom-storage.md#storejournalts"],
    ["examples/class-list/class-list.test.ts", "examples/class-list.md#class-listtestts"],
  ])("has %s at %s", (path, place) => {
    expect(placeOf(path)).toBe(place)
  })

  test("leads links to where it has what they name, and leaves others as they are", () => {
    const text = [
      "[a](../login.md#sessions)",
      "[b](../../examples/class-list/class-list.ts)",
      "[c](#here)",
      "[d](https://x.example/y.md)",
      "![e](../images/import.svg)",
    ].join(" ")
    const found: string[] = []
    expect(withPlaces(text, "docs/spec/sync.md", (path) => found.push(path))).toBe(
      [
        "[a](../login.md#sessions)",
        "[b](../examples/class-list.md#class-listts)",
        "[c](#here)",
        "[d](https://x.example/y.md)",
        "![e](../images/import.svg)",
      ].join(" "),
    )
    expect(found).toEqual(["docs/login.md", "examples/class-list/class-list.ts", "docs/images/import.svg"])
  })
})
