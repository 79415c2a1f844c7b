/** Which file, and how it is shared. */
export interface DatabaseOptions {
  readonly path: string
  /** How long transactions of other processes are waited for, in milliseconds, before `STORAGE_BUSY`. */
  readonly busyTimeoutMs: number
}
