/**
 * The present time in milliseconds since 1970: by the database's clock, which is the same for all processes, unless the
 * parameter gives another one. In a long transaction `now()` would be its beginning. As a
 * query of its own it is asked for once a statement, and an index can be searched with it.
 */
export function nowSql(parameter: string): string {
  return `(SELECT coalesce(${parameter}::bigint, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint))`
}
