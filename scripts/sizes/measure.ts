/** How much of an import arrives in a bundle of its own, and which packages come with it. */
import { gzipSync } from "node:zlib"
import { type BuildOptions, build, type Metafile, type Plugin } from "esbuild"
import { manifest, root } from "../entries.ts"

export interface Size {
  /** Bytes, minified, that are loaded with the import. */
  atOnce: number
  /** The same, gzipped. */
  gzipped: number
  /** Bytes, minified, of everything: what is loaded at first use, too. */
  total: number
  /** The packages that are loaded with the import, peers too; `node:sqlite` counts as one. */
  packagesAtOnce: string[]
  /** The packages that come with first use. */
  packagesLater: string[]
}

/** Bundles all but the peers, which an app chooses itself. */
const options = {
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node22",
  minify: true,
  metafile: true,
  write: false,
  outdir: "out",
  legalComments: "none",
  logLevel: "silent",
  external: Object.keys(manifest.peerDependencies ?? {}),
} satisfies BuildOptions

/** Leaves out what `import()` brings. */
const atOnceOnly: Plugin = {
  name: "at-once-only",
  setup({ onResolve }) {
    onResolve({ filter: /./ }, ({ kind, path }) =>
      kind === "dynamic-import" ? { path, external: true } : undefined,
    )
  },
}

/** The packages that are in the bundle, or that it imports in one of these ways. */
function packagesIn({ outputs }: Metafile, kinds: readonly string[]): string[] {
  const names = Object.values(outputs).flatMap(({ inputs, imports }) => [
    ...Object.keys(inputs).map((path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1]),
    ...imports
      .filter(({ external, kind }) => external && kinds.includes(kind))
      .map(({ path }) => (path === "node:sqlite" || !path.startsWith("node:") ? path : undefined)),
  ])
  return [...new Set(names.filter((name) => name !== undefined))].sort()
}

/** Measures a module: `code` is what an app would write. */
export async function measure(code: string): Promise<Size> {
  const stdin = { contents: code, resolveDir: root }
  const [atOnce, total] = await Promise.all([
    build({ ...options, stdin, plugins: [atOnceOnly] }),
    build({ ...options, stdin, splitting: true }),
  ])
  const bytes = (files: readonly { contents: Uint8Array }[]): number =>
    files.reduce((sum, { contents }) => sum + contents.length, 0)
  const packagesAtOnce = packagesIn(atOnce.metafile, ["import-statement"])
  return {
    atOnce: bytes(atOnce.outputFiles),
    gzipped: atOnce.outputFiles.reduce((sum, { contents }) => sum + gzipSync(contents).length, 0),
    total: bytes(total.outputFiles),
    packagesAtOnce,
    packagesLater: packagesIn(total.metafile, ["import-statement", "dynamic-import"]).filter(
      (name) => !packagesAtOnce.includes(name),
    ),
  }
}
