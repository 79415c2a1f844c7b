/** What the packed tarball must and may hold. */
import { commandEntries, publicEntries } from "./entries.ts"
import type { PackedFile } from "./pack.ts"

const required: readonly string[] = [
  "package.json",
  "README.md",
  "CHANGELOG.md",
  "LICENSE",
  "THIRD_PARTY_NOTICES.md",
  "docs/errors.md",
  ...publicEntries.flatMap(({ name }) => [`dist/${name}.js`, `dist/${name}.d.ts`]),
  ...commandEntries.map(({ name }) => `dist/${name}.js`),
  "dist/storage/sqlite/writer-thread.js",
]
const possible = /^(?:dist\/.+\.(?:js|js\.map|d\.ts)|docs\/.+\.(?:md|svg|png))$/

/** A tarball that has grown past these has something in it that it shouldn't. */
export const limits = { files: 350, bytes: 8_000_000 }

/** What is wrong with the tarball's contents, in words. */
export function problemsWithContents(files: readonly PackedFile[]): string[] {
  const paths = new Set(files.map(({ path }) => path))
  const problems = required.filter((path) => !paths.has(path)).map((path) => `${path} is missing`)
  for (const path of paths) {
    if (!required.includes(path) && !possible.test(path))
      problems.push(`${path} does not belong in the package`)
    if (path.endsWith(".js") && !paths.has(`${path}.map`)) problems.push(`${path} has no source map`)
    if (path.endsWith(".map") && !paths.has(path.slice(0, -4)))
      problems.push(`${path} is the map of no module`)
  }
  const bytes = files.reduce((sum, { size }) => sum + size, 0)
  if (files.length > limits.files) problems.push(`${files.length} files are more than ${limits.files}`)
  if (bytes > limits.bytes) problems.push(`${bytes} bytes are more than ${limits.bytes}`)
  return problems
}
