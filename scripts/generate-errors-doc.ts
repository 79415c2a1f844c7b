/** Writes docs/errors.md from the table of error codes: `npm run docs:errors`. */
import { mkdirSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { type ErrorCode, type ErrorCodeInfo, errorCodes } from "../src/errors/index.ts"

export const errorsDocPath: string = fileURLToPath(new URL("../docs/errors.md", import.meta.url))

export function anchorOf(code: string): string {
  return code.toLowerCase().replaceAll("_", "-")
}

function section(code: ErrorCode, info: ErrorCodeInfo): string {
  return `<a id="${anchorOf(code)}"></a>
## ${code}

${info.summary}

**What to do:** ${info.remedy}

Retryable: ${info.retryable ? "yes, the same call may succeed later" : "no, something has to change first"}. HTTP status: ${info.httpStatus}.
`
}

/** The whole text of docs/errors.md. */
export function renderErrorsDoc(): string {
  const codes = Object.entries(errorCodes) as [ErrorCode, ErrorCodeInfo][]
  return `# Errors

<!-- Generated from src/errors/codes/ by \`npm run docs:errors\`: edit it there. -->

Homeroom throws one class, \`HomeroomError\`. Its \`code\` is one of these and never changes its meaning, \`message\`
says what happened and what to do, \`retryable\` whether the same call may succeed later, \`httpStatus\` what an HTTP
door answers, \`details\` holds ids and counts, \`cause\` the error underneath. \`isHomeroomError(error)\` recognises
it from any installed copy of the package.

${codes.map(([code]) => `- [${code}](#${anchorOf(code)})`).join("\n")}

${codes.map(([code, info]) => section(code, info)).join("\n")}`
}

if (import.meta.main) {
  mkdirSync(fileURLToPath(new URL("../docs", import.meta.url)), { recursive: true })
  writeFileSync(errorsDocPath, renderErrorsDoc())
}
