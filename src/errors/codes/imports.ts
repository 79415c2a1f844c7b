import type { ErrorCodeInfo } from "./error-code-info.ts"

/** The codes of connections, imports, plans and erasures. */
export type ImportErrorCode =
  | "CONNECTION_NOT_FOUND"
  | "CONNECTION_NOT_ACTIVE"
  | "CONNECTION_WITHOUT_PROVISIONING"
  | "CONNECTION_TRANSITION_INVALID"
  | "CONNECTION_CHANGED"
  | "SCHEDULE_INVALID"
  | "SYNC_IN_PROGRESS"
  | "LEASE_LOST"
  | "RUN_NOT_FOUND"
  | "RECORD_NOT_FOUND"
  | "SCOPE_ELSEWHERE"
  | "ROSTER_CHANGED"
  | "FIELD_NOT_OWNED"
  | "RUN_TRANSITION_INVALID"
  | "RUN_NOT_UNDOABLE"
  | "RUN_NOT_RUNNING"
  | "RUN_CANCELLED"
  | "PLAN_STALE"
  | "PLAN_ALTERED"
  | "PLAN_HASH_MISMATCH"
  | "PLAN_EXPIRED"
  | "PLAN_NOT_APPLICABLE"
  | "RUN_CHANGES_PURGED"
  | "ERASURE_INCOMPLETE"

export const importErrorCodes: Readonly<Record<ImportErrorCode, ErrorCodeInfo>> = {
  CONNECTION_NOT_FOUND: {
    summary: "This district has no connection.",
    remedy: "Make one first: homeroom connect --district ID",
    retryable: false,
    httpStatus: 404,
  },
  CONNECTION_NOT_ACTIVE: {
    summary: "The district's connection is not active.",
    remedy: "Activate or resume it: homeroom connect --district ID",
    retryable: false,
    httpStatus: 409,
  },
  CONNECTION_WITHOUT_PROVISIONING: {
    summary:
      "The district's connection is for sign-in only, so Homeroom creates and changes no users for it.",
    remedy: "Reconnect it with provisioning: homeroom connect --district ID --mode sso+provisioning",
    retryable: false,
    httpStatus: 409,
  },
  CONNECTION_TRANSITION_INVALID: {
    summary: "The connection can't go from its present state to the one asked for.",
    remedy: "Look at the connection's state first.",
    retryable: false,
    httpStatus: 409,
  },
  CONNECTION_CHANGED: {
    summary: "Somebody else changed the connection, or its settings, since it was read.",
    remedy: "Look at what it is now, and then do it again if it is still wanted.",
    retryable: true,
    httpStatus: 409,
  },
  SCHEDULE_INVALID: {
    summary: "A district's schedule can't be used: its cron expression, time zone, dates or numbers.",
    remedy: "Correct the part that the message names.",
    retryable: false,
    httpStatus: 400,
  },
  SYNC_IN_PROGRESS: {
    summary: "Another import of this district is running.",
    remedy:
      "Wait for it (homeroom import --wait SECONDS). After a crash the district is free again within 20 seconds.",
    retryable: true,
    httpStatus: 409,
  },
  LEASE_LOST: {
    summary: "This import lost its lease on the district to another one, so it wrote nothing more.",
    remedy: "Look at the other import; this one needs nothing.",
    retryable: true,
    httpStatus: 409,
  },
  RUN_NOT_FOUND: {
    summary: "There is no import with this id.",
    remedy: "List them: homeroom history",
    retryable: false,
    httpStatus: 404,
  },
  RECORD_NOT_FOUND: {
    summary: "The roster has no record with this kind and id.",
    remedy: "Check kind, id and district; whoever is not shared, or out of scope, was never stored.",
    retryable: false,
    httpStatus: 404,
  },
  SCOPE_ELSEWHERE: {
    summary:
      "The district's roster is kept within a scope that the app sets in its own code, which commands do not know.",
    remedy:
      "Do it from the app; or keep the scope with the connection (Connections.changeSettings), {} for everything.",
    retryable: false,
    httpStatus: 409,
  },
  ROSTER_CHANGED: {
    summary: "The roster changed while it was exported, so that the output mixes before and after.",
    remedy: "Throw the output away and export again.",
    retryable: true,
    httpStatus: 409,
  },
  FIELD_NOT_OWNED: {
    summary: "An app wants to set a field that is Clever's.",
    remedy:
      "Make the field sticky or the app's in the ownership settings of the district, then set it again.",
    retryable: false,
    httpStatus: 409,
  },
  RUN_TRANSITION_INVALID: {
    summary: "The import can't go from its present state to the one asked for.",
    remedy: "Look at the import's state first: homeroom show RUN",
    retryable: false,
    httpStatus: 409,
  },
  RUN_NOT_UNDOABLE: {
    summary: "The import can't be taken back: it changed nothing, or its change log is no longer kept.",
    remedy: "Look at the import first: homeroom show RUN. What was purged can't be undone.",
    retryable: false,
    httpStatus: 409,
  },
  RUN_NOT_RUNNING: {
    summary: "The import is not at work, or commits already, so that it can't be cancelled.",
    remedy:
      "Look at the import first: homeroom show RUN. What was applied can be undone; what waits, discarded.",
    retryable: false,
    httpStatus: 409,
  },
  RUN_CANCELLED: {
    summary: "Somebody has cancelled this import; nothing was changed.",
    remedy: "Look who and why: homeroom show RUN. The next import starts afresh.",
    retryable: false,
    httpStatus: 409,
  },
  PLAN_STALE: {
    summary: "The roster has changed since this import compared against it, so its changes no longer fit.",
    remedy: "Run the import again, or make a new plan.",
    retryable: true,
    httpStatus: 409,
  },
  PLAN_ALTERED: {
    summary: "What is stored of a plan is no longer what its hash was made of, so it was not applied.",
    remedy: "Make a new plan. If nobody purged or edited the database, look at its integrity.",
    retryable: false,
    httpStatus: 409,
  },
  PLAN_HASH_MISMATCH: {
    summary: "The hash that was given is not the plan's: another plan is meant.",
    remedy: "Look at the plan again and give the hash that it shows.",
    retryable: false,
    httpStatus: 409,
  },
  PLAN_EXPIRED: {
    summary: "The plan was not decided on, or not applied, in time.",
    remedy: "Make a new plan, or run the import again.",
    retryable: false,
    httpStatus: 410,
  },
  PLAN_NOT_APPLICABLE: {
    summary: "The run has no plan that waits: it is still under way, or has ended.",
    remedy: "Look at the import's state first: homeroom show RUN",
    retryable: false,
    httpStatus: 409,
  },

  RUN_CHANGES_PURGED: {
    summary: "What this import changed has outlived the time for which it is kept.",
    remedy: "Its counts are still in the history. The setting retention says for how long changes are kept.",
    retryable: false,
    httpStatus: 410,
  },
  ERASURE_INCOMPLETE: {
    summary: "What was to be erased still stands somewhere in the storage.",
    remedy:
      "Erase it from the places that the message names if they are the app's own tables, then run the erasure again.",
    retryable: true,
    httpStatus: 500,
  },
}
