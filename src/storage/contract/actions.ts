/**
 * What a commit does with a staged change:
 * - `create`: a new active record; `update`: new content; `restore`: an archived record is active again, with
 *   the new content; `archive`: the record is no longer active and keeps its content;
 * - `refresh`: new content and fingerprints that mean nothing new (S11): stored, never logged;
 * - `unchanged`: nothing (a marker that the record was seen);
 * - `reject`: nothing; listed with its reason.
 */
export type Action = "create" | "update" | "restore" | "archive" | "refresh" | "unchanged" | "reject"

/** The actions that the change log shows. */
export type LoggedAction = "create" | "update" | "restore" | "archive"
