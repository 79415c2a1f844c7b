/**
 * Adds to package-lock.json the platform packages that `npm install` left out because the registry at hand
 * serves this machine's platform alone. Without them `npm ci` calls the lockfile out of sync (npm 11).
 *
 * Run it after `npm install`: `npm run lockfile`. With `--check` it changes nothing and fails if it would.
 * An added entry has no integrity hash: npm fills it in on the first machine of that platform.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

export interface LockEntry {
  version?: string
  resolved?: string
  integrity?: string
  dev?: boolean
  optional?: boolean
  hasInstallScript?: boolean
  license?: string
  os?: string[]
  cpu?: string[]
  libc?: string[]
  engines?: Record<string, string>
  optionalDependencies?: Record<string, string>
}

export interface Lockfile {
  packages: Record<string, LockEntry>
}

const systems = [
  "aix",
  "android",
  "darwin",
  "freebsd",
  "linux",
  "netbsd",
  "openbsd",
  "openharmony",
  "sunos",
  "win32",
]
const processors = [
  "arm",
  "arm64",
  "ia32",
  "loong64",
  "mips64el",
  "ppc64",
  "riscv64",
  "s390x",
  "wasm32",
  "x64",
]

/** The platform that a package's name speaks of, such as `@rollup/rollup-linux-x64-musl`. */
export function platformOf(name: string): Pick<LockEntry, "os" | "cpu" | "libc"> {
  if (name === "fsevents") return { os: ["darwin"] }
  const words = name.split(/[/-]/)
  const os = words.filter((word) => systems.includes(word))
  const cpu = words.filter((word) => processors.includes(word))
  const libc = words.some((word) => word.startsWith("musl")) ? ["musl"] : ["glibc"]
  return {
    ...(cpu.length > 0 && { cpu }),
    ...(os.length > 0 && { os }),
    ...(os.includes("linux") && { libc }),
  }
}

/** Where Node would find `name` when the package at `from` asks for it, or undefined. */
function locate(lockfile: Lockfile, from: string, name: string): string | undefined {
  for (let folder = from; ; ) {
    const candidate = `${folder === "" ? "" : `${folder}/`}node_modules/${name}`
    if (lockfile.packages[candidate] !== undefined) return candidate
    if (folder === "") return undefined
    folder = folder.slice(0, Math.max(folder.lastIndexOf("/node_modules/"), 0))
  }
}

/** The entries that the lockfile lacks, by path. */
export function missingEntries(lockfile: Lockfile): Map<string, LockEntry> {
  const missing = new Map<string, LockEntry>()
  for (const [path, entry] of Object.entries(lockfile.packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      if (locate(lockfile, path, name) !== undefined) continue
      if (!/^\d/.test(version)) throw new Error(`${name} is missing and not pinned by ${path}: ${version}`)
      const { cpu, os, libc } = platformOf(name)
      if (os === undefined && cpu === undefined) throw new Error(`${name} is missing and names no platform`)
      missing.set(`node_modules/${name}`, {
        version,
        ...(cpu && { cpu }),
        ...(entry.dev && { dev: true }),
        ...(libc && { libc }),
        optional: true,
        ...(os && { os }),
      })
    }
  }
  return missing
}

function main(): void {
  const path = fileURLToPath(new URL("../package-lock.json", import.meta.url))
  const lockfile = JSON.parse(readFileSync(path, "utf8")) as Lockfile
  const missing = missingEntries(lockfile)
  if (process.argv.includes("--check")) {
    if (missing.size === 0) return
    console.error(`package-lock.json lacks ${[...missing.keys()].join(", ")}: npm run lockfile`)
    process.exitCode = 1
    return
  }
  const packages = Object.entries({ ...lockfile.packages, ...Object.fromEntries(missing) })
  packages.sort(([left], [right]) => left.localeCompare(right, "en"))
  writeFileSync(
    path,
    `${JSON.stringify({ ...lockfile, packages: Object.fromEntries(packages) }, undefined, 2)}\n`,
  )
  console.error(`package-lock.json: ${missing.size} platform packages added`)
}

if (import.meta.main) main()
