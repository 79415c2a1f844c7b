import assert from "node:assert/strict"
import { errorCodes, isHomeroomError } from "../../../src/errors/index.ts"
import { idPattern } from "../../../src/models/ids.ts"
import { personal } from "./fuzzer.ts"

/** What a call came to: a value, or the code of a typed error. */
export type Outcome<T> =
  | { readonly value: T; readonly code?: undefined }
  | { readonly code: string; readonly value?: undefined }

/** Fails for an error that is not of Homeroom's table of codes, and for one that holds a person's data. */
export function outcome<T>(work: () => T): Outcome<T> {
  try {
    return { value: work() }
  } catch (error) {
    return { code: codeOf(error) }
  }
}

export async function asyncOutcome<T>(work: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await work() }
  } catch (error) {
    return { code: codeOf(error) }
  }
}

/** The code of a typed error that tells nothing personal. */
export function codeOf(error: unknown): string {
  if (!isHomeroomError(error)) throw error
  assert.ok(Object.hasOwn(errorCodes, error.code), `${error.code} is no code of the table`)
  let at: unknown = error
  for (let depth = 0; at instanceof Error && depth < 10; depth++) {
    const told = `${at.stack} ${JSON.stringify(at, withoutIds)}`
    assert.ok(!told.includes(personal), `${error.code} tells a person's data`)
    at = at.cause
  }
  return error.code
}

/** An id may be told, and whatever has the form of one is one. */
function withoutIds(key: string, value: unknown): unknown {
  return key === "id" && typeof value === "string" && idPattern.test(value) ? undefined : value
}
