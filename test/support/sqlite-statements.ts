import { DatabaseSync, StatementSync } from "node:sqlite"
import type { StatementWatch } from "./kill-database.ts"

const watches = new Map<string, StatementWatch>()
const files = new WeakMap<StatementSync, string | null>()

type Method = (this: unknown, ...parameters: unknown[]) => unknown

/**
 * Shows a file's statements in this thread to a watch, until the returned function is called. Reading row by row
 * (`iterate`) is not among them.
 */
export function watchFile(path: string, watch: StatementWatch): () => void {
  watches.set(path, watch)
  return () => void watches.delete(path)
}

replace(DatabaseSync.prototype, "prepare", (original) => {
  return function (this: unknown, ...parameters) {
    const statement = original.apply(this, parameters) as StatementSync
    files.set(statement, (this as DatabaseSync).location())
    return statement
  }
})
for (const name of ["run", "get", "all"]) {
  replace(StatementSync.prototype, name, (original) => {
    return function (this: unknown, ...parameters) {
      const statement = this as StatementSync
      const watch = watches.get(files.get(statement) ?? "")
      if (watch === undefined) return original.apply(this, parameters)
      const text = statement.sourceSQL
      watch.before(text)
      const result = original.apply(this, parameters)
      watch.after(text)
      return result
    }
  })
}
replace(DatabaseSync.prototype, "exec", (original) => {
  return function (this: unknown, ...parameters) {
    const watch = watches.get((this as DatabaseSync).location() ?? "")
    if (watch === undefined) return original.apply(this, parameters)
    const text = String(parameters[0])
    watch.before(text)
    const result = original.apply(this, parameters)
    watch.after(text)
    return result
  }
})

function replace(prototype: object, name: string, make: (original: Method) => Method): void {
  const methods = prototype as Record<string, Method>
  methods[name] = make(methods[name] as Method)
}
