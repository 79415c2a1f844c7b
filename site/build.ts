/** Builds the site into `site/.out`, or with `--serve` shows it on this machine. `--base /path/` is where it will be. */
import { join } from "node:path"
import { parseArgs } from "node:util"
import { build, createServer } from "vitepress"
import { root } from "../scripts/entries.ts"
import { checkBuiltSite } from "./check-built.ts"
import { writePages } from "./pages.ts"

const { values } = parseArgs({
  options: { serve: { type: "boolean" }, base: { type: "string", default: "/" } },
})
const { base } = values
const site = join(root, "site")

await writePages()
if (values.serve) {
  const server = await createServer(site, { host: "127.0.0.1" })
  await server.listen()
  server.printUrls()
} else {
  await build(site, { base })
  for (const problem of checkBuiltSite(join(site, ".out"), base)) {
    console.error(problem)
    process.exitCode = 1
  }
}
