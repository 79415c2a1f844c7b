/** What is installed with the package: the run-time dependencies and theirs, as the lockfile has them. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import type { LockEntry, Lockfile } from "./complete-lockfile.ts"
import { root } from "./entries.ts"

export interface RunTimePackage {
  name: string
  version: string
  license: string
  /** Its folder, relative to the root: `node_modules/zod`. */
  path: string
}

/** The lockfile without what only development needs. */
export function runTimeLockfile(): Lockfile {
  const lockfile = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as Lockfile
  const installed = ([, entry]: [string, LockEntry]): boolean => !entry.dev
  return { ...lockfile, packages: Object.fromEntries(Object.entries(lockfile.packages).filter(installed)) }
}

export function runTimePackages(): RunTimePackage[] {
  return Object.entries(runTimeLockfile().packages)
    .filter(([path]) => path !== "")
    .map(([path, { version = "", license = "" }]) => ({
      name: path.replace(/.*node_modules\//, ""),
      version,
      license,
      path,
    }))
    .sort((left, right) => (left.name < right.name ? -1 : 1))
}
