/**
 * Keeps Node 22's notice that `node:sqlite` is experimental off standard error: it tells the person at the
 * terminal nothing, and Homeroom is tested on those versions. Every other warning is shown.
 */
export function quietSqliteWarning(): void {
  const emitWarning = process.emitWarning.bind(process) as (...given: unknown[]) => void
  process.emitWarning = (...given: unknown[]) => {
    if (!/^SQLite is an experimental feature/.test(String(given[0]))) emitWarning(...given)
  }
}
