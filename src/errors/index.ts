export { auditText } from "./audit-text.ts"
export { type ErrorCode, type ErrorCodeInfo, errorCodes } from "./codes.ts"
export { HomeroomError, type HomeroomErrorOptions, isHomeroomError } from "./homeroom-error.ts"
export { type ErrorDetails, redactText } from "./redact.ts"
