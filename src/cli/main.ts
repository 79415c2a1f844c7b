#!/usr/bin/env node
/** The `homeroom` command: starts the program and turns its outcome into the exit code. */
import { readFileSync } from "node:fs"
import { quietSqliteWarning } from "./quiet-warnings.ts"

// Before anything that loads node:sqlite is imported.
quietSqliteWarning()
const { runProgram } = await import("./program.ts")

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  version: string
}
process.exitCode = await runProgram({ arguments: process.argv.slice(2), version })
