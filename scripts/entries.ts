/**
 * The public entries: package.json's `exports` and `bin` are the one list of them, and a built file
 * `dist/ROOM/FILE.js` always comes from `src/ROOM/FILE.ts`.
 */
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

export const root: string = fileURLToPath(new URL("..", import.meta.url))

export interface Manifest {
  name: string
  version: string
  engines: { node: string }
  exports: Record<string, string | { types: string; default: string }>
  bin: Record<string, string>
  files: string[]
  scripts: Record<string, string>
  dependencies: Record<string, string>
  devDependencies: Record<string, string>
  peerDependencies?: Record<string, string>
  peerDependenciesMeta?: Record<string, { optional?: boolean }>
}

export const manifest: Manifest = JSON.parse(
  readFileSync(new URL("../package.json", import.meta.url), "utf8"),
) as Manifest

export interface PublicEntry {
  /** What an app imports: `homeroom`, `homeroom/memory`. */
  specifier: string
  /** The entry's name in the build, without extension: `storage/memory/index`. */
  name: string
  /** Its source, relative to the root: `src/storage/memory/index.ts`. */
  source: string
}

function entryOf(specifier: string, built: string): PublicEntry {
  const name = built.replace(/^(?:\.\/)?dist\//, "").replace(/\.js$/, "")
  return { specifier, name, source: `src/${name}.ts` }
}

/** What apps can import, without `./package.json`. */
export const publicEntries: readonly PublicEntry[] = Object.entries(manifest.exports).flatMap(
  ([subpath, target]) =>
    typeof target === "string" ? [] : [entryOf(`${manifest.name}${subpath.slice(1)}`, target.default)],
)

/** What a shell can run. */
export const commandEntries: readonly PublicEntry[] = Object.entries(manifest.bin).map(([name, built]) =>
  entryOf(name, built),
)
