export { type ErrorCode, type ErrorCodeInfo, errorCodes } from "./codes.ts"
export { HomeroomError, type HomeroomErrorOptions, isHomeroomError } from "./homeroom-error.ts"
export { type ErrorDetails, redactDetails, redactText } from "./redact.ts"
