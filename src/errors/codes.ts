import { type CleverErrorCode, cleverErrorCodes } from "./codes/clever.ts"
import { type ConsoleErrorCode, consoleErrorCodes } from "./codes/console.ts"
import type { ErrorCodeInfo } from "./codes/error-code-info.ts"
import { type GeneralErrorCode, generalErrorCodes } from "./codes/general.ts"
import { type ImportErrorCode, importErrorCodes } from "./codes/imports.ts"
import { type MatchingErrorCode, matchingErrorCodes } from "./codes/matching.ts"
import { type SignInErrorCode, signInErrorCodes } from "./codes/sign-in.ts"
import { type StorageErrorCode, storageErrorCodes } from "./codes/storage.ts"

/** A stable, documented error code: see `docs/errors.md`. */
export type ErrorCode =
  | GeneralErrorCode
  | CleverErrorCode
  | SignInErrorCode
  | MatchingErrorCode
  | ImportErrorCode
  | StorageErrorCode
  | ConsoleErrorCode

/** Every error code of Homeroom, each area's in a file of `codes/`: `docs/errors.md` is generated from it. */
export const errorCodes: Readonly<Record<ErrorCode, ErrorCodeInfo>> = {
  ...generalErrorCodes,
  ...cleverErrorCodes,
  ...signInErrorCodes,
  ...matchingErrorCodes,
  ...importErrorCodes,
  ...storageErrorCodes,
  ...consoleErrorCodes,
}
