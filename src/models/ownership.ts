import type { Kind } from "./kinds.ts"

/**
 * Whose a field's value is (S19):
 * - `clever`: Clever's, always;
 * - `sticky`: Clever's until the app sets another one, which then stays until it is cleared;
 * - `app`: the app's; Clever gives the first value, when the record is created.
 */
export type FieldOwner = "clever" | "sticky" | "app"

/** For each kind the fields that are not simply Clever's: `{ user: { "name.first": "sticky", email: "app" } }`. */
export type Ownership = Partial<Record<Kind, Readonly<Record<string, FieldOwner>>>>
