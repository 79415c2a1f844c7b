/** Every public function that can throw says so in its docstring, with codes that exist: `npm run check:docstrings`. */
import { join } from "node:path"
import ts from "typescript"
import { errorCodes } from "../src/errors/index.ts"
import { docstringProblems } from "./docstrings/check.ts"
import { publicEntries, root } from "./entries.ts"

const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => {} }
const settings = ts.getParsedCommandLineOfConfigFile(join(root, "tsconfig.json"), {}, host)
const problems = docstringProblems({
  root,
  entries: publicEntries.map(({ source }) => join(root, source)),
  sources: join(root, "src"),
  compilerOptions: settings?.options ?? {},
  codes: Object.keys(errorCodes),
})
for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exitCode = 1
