/**
 * Prints a software bill of materials of what is installed with the package (CycloneDX, as JSON): `npm run sbom`.
 * `npm sbom --omit dev` leaves out what development needs too, so npm is shown a project without development.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { manifest } from "./entries.ts"
import { run } from "./run.ts"
import { runTimeLockfile } from "./run-time.ts"

const parent = mkdtempSync(join(tmpdir(), "homeroom-sbom-"))
// npm calls the package as its folder is called.
const folder = join(parent, manifest.name)
try {
  mkdirSync(folder)
  const { devDependencies: _, ...shipped } = manifest
  const lockfile = runTimeLockfile()
  const { "": own, ...packages } = lockfile.packages
  const rootEntry = { ...own, devDependencies: undefined }
  writeFileSync(join(folder, "package.json"), JSON.stringify(shipped))
  writeFileSync(
    join(folder, "package-lock.json"),
    JSON.stringify({ ...lockfile, packages: { "": rootEntry, ...packages } }),
  )
  const args = [
    "sbom",
    "--sbom-format",
    "cyclonedx",
    "--sbom-type",
    "library",
    "--package-lock-only",
    "--offline",
  ]
  process.stdout.write(run("npm", args, { cwd: folder, capture: true }))
} finally {
  rmSync(parent, { recursive: true, force: true })
}
