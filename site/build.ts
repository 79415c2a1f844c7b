/**
 * Builds the site into `site/.out`, or with `--serve` shows it on this machine, with every change of the documents and
 * the examples until it is stopped. `--base /path/` is where it will be.
 */
import { watch } from "node:fs"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { build, createServer } from "vitepress"
import { root } from "../scripts/entries.ts"
import { checkBuiltSite } from "./check-built.ts"
import { writeDocuments, writePages } from "./pages.ts"

const { values } = parseArgs({
  options: { serve: { type: "boolean" }, base: { type: "string", default: "/" } },
})
const { base } = values
const site = join(root, "site")

/** VitePress looks at the pages that are put together, and shows the one that has become another. */
function rewrite(): void {
  try {
    writeDocuments()
  } catch (error) {
    // A document that is being saved may not be there for a moment.
    console.error(error)
  }
}

await writePages()
if (values.serve) {
  const server = await createServer(site, { host: "127.0.0.1" })
  await server.listen()
  server.printUrls()
  for (const folder of ["docs", "examples"]) watch(join(root, folder), { recursive: true }, rewrite)
} else {
  await build(site, { base })
  for (const problem of checkBuiltSite(join(site, ".out"), base)) {
    console.error(problem)
    process.exitCode = 1
  }
}
