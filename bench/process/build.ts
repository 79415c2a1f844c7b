import { existsSync, globSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "tsup"

const bench = fileURLToPath(new URL("..", import.meta.url))

/** The programs that run as children, compiled as the package is: type stripping would add to their memory. */
export interface Programs {
  server: string
  measure: string
  importOnce: string
  loginApp: string
  loginProvider: string
  /** The package's own entry, if there is one yet. */
  index: string | undefined
}

export async function buildPrograms(): Promise<Programs> {
  const outDir = join(bench, ".cache/programs")
  const source = join(bench, "../src")
  const hasIndex = existsSync(join(source, "index.ts"))
  // What the sources start as threads stands in the same place of the build as in the package.
  const threads = globSync("**/*-thread.ts", { cwd: source }).map((file) => file.replace(/\.ts$/, ""))
  await build({
    config: false,
    entry: {
      server: join(bench, "server.ts"),
      measure: join(bench, "measure.ts"),
      "import-once": join(bench, "import-once.ts"),
      "login-app": join(bench, "login-app.ts"),
      "login-provider": join(bench, "login-provider.ts"),
      ...Object.fromEntries(threads.map((name) => [name, join(source, `${name}.ts`)])),
      ...(hasIndex && { index: join(source, "index.ts") }),
    },
    outDir,
    format: "esm",
    target: "node22",
    platform: "node",
    sourcemap: true,
    clean: true,
    silent: true,
    removeNodeProtocol: false,
    // A peer runs as it is installed.
    external: ["express-openid-connect", "clever", "knex", "pg", "pg-copy-streams"],
  })
  return {
    server: join(outDir, "server.js"),
    measure: join(outDir, "measure.js"),
    importOnce: join(outDir, "import-once.js"),
    loginApp: join(outDir, "login-app.js"),
    loginProvider: join(outDir, "login-provider.js"),
    index: hasIndex ? join(outDir, "index.js") : undefined,
  }
}
