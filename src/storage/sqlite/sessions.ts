import { subjectKey } from "../sql/subject-key.ts"
import type { Statements } from "./statements.ts"

// Each function runs inside the caller's transaction: the writing ones in a write transaction.

export function consumeOnce(
  statements: Statements,
  key: string,
  options: { expiresAtMs: number; subjects: readonly string[]; now: number },
): boolean {
  const { expiresAtMs, subjects, now } = options
  statements.run("DELETE FROM homeroom_login_keys WHERE expires_at <= ?", now)
  if (expiresAtMs <= now) return false
  const { changes } = statements.run(
    "INSERT INTO homeroom_login_keys (key, expires_at, subjects) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
    key,
    Math.ceil(expiresAtMs),
    JSON.stringify(subjects),
  )
  return changes > 0
}

export function isConsumed(statements: Statements, key: string, now: number): boolean {
  const row = statements.get("SELECT 1 FROM homeroom_login_keys WHERE key = ? AND expires_at > ?", key, now)
  return row !== undefined
}

/** Reads every key: there are as many as logins and logouts within a session's length, and erasures are rare. */
export function forgetConsumed(statements: Statements, subject: string, now: number): number {
  statements.run("DELETE FROM homeroom_login_keys WHERE expires_at <= ?", now)
  return statements.run(
    "DELETE FROM homeroom_login_keys WHERE EXISTS (SELECT 1 FROM json_each(subjects) WHERE value = ?)",
    subject,
  ).changes
}

export function getSessionEpoch(statements: Statements, subject: string, now: number): number {
  const row = statements.get(
    "SELECT epoch FROM homeroom_session_epochs WHERE subject = ? AND (expires_at IS NULL OR expires_at > ?)",
    subjectKey(subject),
    now,
  )
  return Number(row?.epoch ?? 0)
}

export function raiseSessionEpoch(
  statements: Statements,
  subject: string,
  options: { expiresAtMs: number | undefined; now: number },
): number {
  const { expiresAtMs, now } = options
  statements.run("DELETE FROM homeroom_session_epochs WHERE expires_at <= ?", now)
  const row = statements.get(
    `INSERT INTO homeroom_session_epochs AS known (subject, epoch, expires_at) VALUES (?, ?, ?)
     ON CONFLICT (subject) DO UPDATE SET
       epoch = max(known.epoch + 1, excluded.epoch),
       expires_at = CASE WHEN known.expires_at IS NULL OR excluded.expires_at IS NULL THEN NULL
         ELSE max(known.expires_at, excluded.expires_at) END
     RETURNING epoch`,
    subjectKey(subject),
    Math.floor(now),
    expiresAtMs === undefined ? null : Math.ceil(expiresAtMs),
  )
  return Number(row?.epoch)
}
