/** What this process is called where several work on one storage: `host:pid`. */
export function processName(): string {
  return `${process.getBuiltinModule("node:os").hostname()}:${process.pid}`
}
