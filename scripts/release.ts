/**
 * Prepares a release: the changesets give the version and the changelog's lines, and are used up. `npm run release`;
 * the commit and the tag are made by hand. Without a changeset the version is the one in package.json.
 */
import { globSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Lockfile } from "./complete-lockfile.ts"
import { type Manifest, root } from "./entries.ts"
import { withRelease } from "./release/changelog.ts"
import { run } from "./run.ts"

const changesets = globSync(".changeset/*.md", { cwd: root }).filter((path) => !path.endsWith("README.md"))
const summaries = changesets
  .sort()
  .map((path) => readFileSync(join(root, path), "utf8").replace(/^---\n[\s\S]*?\n---\n/, ""))
if (changesets.length > 0) run("changeset", ["version"])

const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest
const changelog = join(root, "CHANGELOG.md")
const date = new Date().toISOString().slice(0, 10)
writeFileSync(changelog, withRelease(readFileSync(changelog, "utf8"), { version, date, summaries }))

const path = join(root, "package-lock.json")
const lockfile = JSON.parse(readFileSync(path, "utf8")) as Lockfile & { version: string }
lockfile.version = version
const own = lockfile.packages[""]
if (own !== undefined) own.version = version
writeFileSync(path, `${JSON.stringify(lockfile, undefined, 2)}\n`)
console.log(`Ready: git commit, then git tag v${version}`)
