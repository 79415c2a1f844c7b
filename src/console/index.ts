/**
 * The Data Exchange console: pages for people, mounted by the app and guarded by it.
 *
 * @packageDocumentation
 */

export type { ConsoleAccess, ConsoleAuthorize, ConsoleRole } from "./access.ts"
export type { ConsoleOptions, ConsoleParts } from "./console-options.ts"
export { createConsole, type DataExchangeConsole } from "./create-console.ts"
export { type ConsoleText, english } from "./text/english.ts"
