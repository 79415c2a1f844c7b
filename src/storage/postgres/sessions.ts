import { subjectKey } from "../sql/subject-key.ts"
import { nowSql } from "./clock.ts"
import type { Sql } from "./sql.ts"

// Each function runs inside the caller's transaction, if it has one. `now` is null for the database's own clock.

export async function consumeOnce(
  sql: Sql,
  key: string,
  options: { expiresAtMs: number; subjects: readonly string[]; now: number | null },
): Promise<boolean> {
  const { expiresAtMs, subjects, now } = options
  await sql.run(removeExpiredKeys, now)
  const added = await sql.run(
    `INSERT INTO homeroom.login_keys AS known (key, expires_at, subjects)
     SELECT $1, $2::bigint, $3::text[] WHERE $2::bigint > ${nowSql("$4")}
     ON CONFLICT (key) DO UPDATE SET expires_at = excluded.expires_at, subjects = excluded.subjects
       WHERE known.expires_at <= ${nowSql("$4")}`,
    key,
    Math.ceil(expiresAtMs),
    subjects,
    now,
  )
  return added > 0
}

export async function isConsumed(sql: Sql, key: string, now: number | null): Promise<boolean> {
  const row = await sql.get(
    `SELECT 1 FROM homeroom.login_keys WHERE key = $1 AND expires_at > ${nowSql("$2")}`,
    key,
    now,
  )
  return row !== undefined
}

/** Reads every key: there are as many as logins and logouts within a session's length, and erasures are rare. */
export async function forgetConsumed(sql: Sql, subject: string, now: number | null): Promise<number> {
  await sql.run(removeExpiredKeys, now)
  return sql.run("DELETE FROM homeroom.login_keys WHERE $1 = ANY(subjects)", subject)
}

export async function getSessionEpochs(
  sql: Sql,
  subjects: readonly string[],
  now: number | null,
): Promise<number[]> {
  const rows = await sql.all(
    `SELECT epoch FROM unnest($1::text[]) WITH ORDINALITY AS asked (subject, place)
     LEFT JOIN homeroom.session_epochs known ON known.subject = asked.subject
       AND (known.expires_at IS NULL OR known.expires_at > ${nowSql("$2")})
     ORDER BY place`,
    subjects.map(subjectKey),
    now,
  )
  return rows.map((row) => Number(row.epoch ?? 0))
}

export async function raiseSessionEpoch(
  sql: Sql,
  subject: string,
  options: { expiresAtMs: number | undefined; now: number | null },
): Promise<number> {
  const { expiresAtMs, now } = options
  await sql.run(removeExpiredEpochs, now)
  const row = await sql.get(
    `INSERT INTO homeroom.session_epochs AS known (subject, epoch, expires_at) VALUES ($1, ${nowSql("$3")}, $2)
     ON CONFLICT (subject) DO UPDATE SET
       epoch = greatest(known.epoch + 1, excluded.epoch),
       expires_at = CASE WHEN known.expires_at IS NULL OR excluded.expires_at IS NULL THEN NULL
         ELSE greatest(known.expires_at, excluded.expires_at) END
     RETURNING epoch`,
    subjectKey(subject),
    expiresAtMs === undefined ? null : Math.ceil(expiresAtMs),
    now,
  )
  return Number(row?.epoch)
}

/** Removes what has expired, but for rows that somebody else is about to: nobody waits for anybody to clean up. */
function removeExpiredSql(table: string, key: string): string {
  return `DELETE FROM ${table} WHERE ${key} IN (
    SELECT ${key} FROM ${table} WHERE expires_at <= ${nowSql("$1")} FOR UPDATE SKIP LOCKED)`
}

const removeExpiredKeys = removeExpiredSql("homeroom.login_keys", "key")
const removeExpiredEpochs = removeExpiredSql("homeroom.session_epochs", "subject")
