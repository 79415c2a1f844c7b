import type { ErrorCodeInfo } from "./error-code-info.ts"

/** The codes of the storage. */
export type StorageErrorCode =
  | "STORAGE_UNREADABLE"
  | "STORAGE_UNREACHABLE"
  | "STORAGE_SCHEMA_NEWER"
  | "STORAGE_SCHEMA_OUTDATED"
  | "STORAGE_BUSY"
  | "STORAGE_FULL"
  | "QUEUE_UNREACHABLE"

export const storageErrorCodes: Readonly<Record<StorageErrorCode, ErrorCodeInfo>> = {
  STORAGE_UNREADABLE: {
    summary: "The database can't be opened or read.",
    remedy:
      "SQLite: check the path and its permissions, and that the file is a Homeroom database and not damaged. PostgreSQL: check the role, its password and rights, and that the database exists.",
    retryable: false,
    httpStatus: 500,
  },
  STORAGE_UNREACHABLE: {
    summary: "The database server does not answer, or broke the connection off.",
    remedy: "Check the address and that the server runs and has connections left; then try again.",
    retryable: true,
    httpStatus: 503,
  },
  STORAGE_SCHEMA_NEWER: {
    summary: "The database was written by a newer Homeroom than this one.",
    remedy: "Update Homeroom; an older one never touches a newer database.",
    retryable: false,
    httpStatus: 500,
  },
  STORAGE_SCHEMA_OUTDATED: {
    summary: "The database must be brought up to date first, which this process may not do.",
    remedy: "Run homeroom doctor, or open the storage once, with a role that may create tables.",
    retryable: false,
    httpStatus: 500,
  },
  STORAGE_BUSY: {
    summary: "Another process kept the database locked for too long.",
    remedy: "Try again; if it stays, look for a program that holds the database open in a transaction.",
    retryable: true,
    httpStatus: 503,
  },
  STORAGE_FULL: {
    summary: "The disk is full, so nothing was committed.",
    remedy: "Free some space and run the import again.",
    retryable: true,
    httpStatus: 507,
  },
  QUEUE_UNREACHABLE: {
    summary: "The database of the import queue does not answer.",
    remedy:
      "Check the address and that the server runs; workers go on by themselves as soon as it answers again.",
    retryable: true,
    httpStatus: 503,
  },
}
