/**
 * Packs the library as npm would publish it and checks the tarball: that it holds what the exports promise and
 * nothing else, publint's rules, and that TypeScript resolves every entry (are the types wrong?).
 * `--output FILE` keeps the tarball there; `--built` takes `dist/` as it is.
 */
import { copyFileSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { commandEntries, root } from "./entries.ts"
import { pack } from "./pack.ts"
import { problemsWithContents } from "./package-contents.ts"
import { run } from "./run.ts"

const { values } = parseArgs({
  options: { output: { type: "string" }, built: { type: "boolean", default: false } },
})
const { tarball, files } = pack({ built: values.built })
if (values.output !== undefined) copyFileSync(tarball, values.output)
const problems = problemsWithContents(files)

for (const { name } of commandEntries) {
  if (!readFileSync(join(root, `dist/${name}.js`), "utf8").startsWith("#!/usr/bin/env node\n")) {
    problems.push(`dist/${name}.js does not begin with #!/usr/bin/env node`)
  }
}
if (problems.length > 0) throw new Error(problems.join("\n"))

run("publint", ["run", tarball, "--strict"])
// ESM only: `node10` can't see exports, and `node16` knows no require of an ES module. check-consumer.ts requires them.
run("attw", [tarball, "--profile", "esm-only", "--no-emoji"])
