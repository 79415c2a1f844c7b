/** Builds the library if it is missing or older than its sources, as the scripts that run built code need it. */
import { spawnSync } from "node:child_process"
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { commandEntries, root } from "./entries.ts"

/** The built command line. */
export const program: string = join(root, "dist", `${commandEntries[0]?.name ?? "cli/main"}.js`)
const lock = join(root, "node_modules/.cache/homeroom/build-lock")

function isFresh(): boolean {
  const built = statSync(program, { throwIfNoEntry: false })?.mtimeMs
  if (built === undefined) return false
  const sources = ["package.json", "tsup.config.ts", ...globSync("src/**/*.{ts,tsx}", { cwd: root })]
  return sources.every((source) => statSync(join(root, source)).mtimeMs <= built)
}

function isRunning(processId: number): boolean {
  try {
    process.kill(processId, 0)
    return true
  } catch {
    return false
  }
}

/** Takes the build lock, waiting for another build at most two minutes; a dead builder's lock is taken over. */
function takeLock(): void {
  mkdirSync(join(lock, ".."), { recursive: true })
  const sleeper = new Int32Array(new SharedArrayBuffer(4))
  for (let attempt = 0; attempt < 1200; attempt += 1) {
    try {
      writeFileSync(lock, String(process.pid), { flag: "wx" })
      return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error
    }
    const holder = statSync(lock, { throwIfNoEntry: false }) && Number(readFileSync(lock, "utf8"))
    if (holder && !isRunning(holder)) rmSync(lock, { force: true })
    Atomics.wait(sleeper, 0, 0, 100)
  }
  throw new Error(`Another build holds ${lock} for two minutes: remove it if no build is running.`)
}

/** False if the build failed; what it had to say stands on standard error. */
export function buildIfStale(): boolean {
  // A build that is going on may have written this file and not the others.
  if (!existsSync(lock) && isFresh()) return true
  takeLock()
  try {
    if (isFresh()) return true
    const tsup = join(root, "node_modules/tsup/dist/cli-default.js")
    const { status } = spawnSync(process.execPath, [tsup, "--no-dts", "--silent"], {
      cwd: root,
      stdio: ["ignore", 2, 2],
    })
    return status === 0
  } finally {
    rmSync(lock, { force: true })
  }
}
