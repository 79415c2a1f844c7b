/**
 * The public surface, one report for each entry in `api/`: `npm run api` writes them, `--check` shows how the surface
 * differs from them and fails if it does. `--built` takes `dist/` as it is.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { reportsOf } from "./api/report.ts"
import { manifest, publicEntries, root } from "./entries.ts"
import { run } from "./run.ts"

const { values } = parseArgs({
  options: { check: { type: "boolean", default: false }, built: { type: "boolean", default: false } },
})
if (!values.built) run("npm", ["run", "--silent", "build", "--", "--silent"])

const reports = reportsOf(
  publicEntries.map(({ specifier, name }) => ({ specifier, declarations: join(root, `dist/${name}.d.ts`) })),
)

function write(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder)
  for (const [specifier, report] of reports) {
    const name = specifier.replace(`${manifest.name}/`, "")
    writeFileSync(join(folder, `${name}.api.md`), report)
  }
}

if (values.check) {
  const folder = mkdtempSync(join(tmpdir(), "homeroom-api-"))
  try {
    write(join(folder, "api"))
    run("git", ["diff", "--no-index", "--exit-code", "--", join(root, "api"), join(folder, "api")])
  } catch {
    console.error(
      "The public surface has changed. If that is meant: npm run api, and a line in the changelog.",
    )
    process.exitCode = 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
} else {
  write(join(root, "api"))
}
