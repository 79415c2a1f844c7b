import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { root } from "./entries.ts"
import { run } from "./run.ts"

export interface PackedFile {
  /** Relative to the package's root. */
  path: string
  /** In bytes. */
  size: number
}

export interface Packed {
  /** The tarball's absolute path. */
  tarball: string
  files: PackedFile[]
}

/**
 * Packs the library as npm would publish it, into a cache folder that git does not see. Builds it first unless
 * the caller knows that `dist/` is current.
 */
export function pack(options: { built: boolean }): Packed {
  const folder = join(root, "node_modules/.cache/homeroom")
  mkdirSync(folder, { recursive: true })
  if (!options.built) run("npm", ["run", "--silent", "build", "--", "--silent"])
  const output = run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], {
    capture: true,
  })
  const [packed] = JSON.parse(output) as { filename: string; files: PackedFile[] }[]
  if (packed === undefined) throw new Error(`npm pack made nothing: ${output}`)
  return { tarball: join(folder, packed.filename), files: packed.files }
}
