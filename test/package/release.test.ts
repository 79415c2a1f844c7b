import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { root } from "../../scripts/entries.ts"
import { withRelease } from "../../scripts/release/changelog.ts"

const changelog = `# Changelog

Words.

## [Unreleased]

These changes become 0.2.0.

### Added

- A door.

### Fixed

- A leak.

## [0.1.0] - 2026-01-01

### Added

- Everything.
`
const release = { version: "0.2.0", date: "2026-02-02", summaries: [] }

describe("a release in the changelog", () => {
  test("puts everything unreleased under its version, with the changesets' lines under their headings", () => {
    const summaries = ["Fixed: A draught,\nfrom the window.\n", "Deprecated: `knock`: use `ring`."]
    expect(withRelease(changelog, { ...release, summaries })).toBe(`# Changelog

Words.

## [Unreleased]

## [0.2.0] - 2026-02-02

### Added

- A door.

### Deprecated

- \`knock\`: use \`ring\`.

### Fixed

- A leak.
- A draught,
  from the window.

## [0.1.0] - 2026-01-01

### Added

- Everything.
`)
  })

  test("can be the first one", () => {
    const first = withRelease(readFileSync(join(root, "CHANGELOG.md"), "utf8"), {
      ...release,
      version: "9.9.9",
    })
    expect(first).toMatch(/## \[Unreleased\]\n\n## \[9\.9\.9\] - 2026-02-02\n\n### Added\n\n- /)
  })

  test("is refused without a change, twice, or with a text that names no heading", () => {
    const released = withRelease(changelog, release)
    expect(() => withRelease(released, release)).toThrow("has 0.2.0 already")
    expect(() => withRelease(released, { ...release, version: "0.3.0" })).toThrow("nothing to release")
    expect(() => withRelease(changelog, { ...release, summaries: ["Better."] })).toThrow(
      "must begin with one of",
    )
  })
})
