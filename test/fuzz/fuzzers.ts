import type { Fuzzer } from "./engine/fuzzer.ts"
import { accountFiles } from "./parsers/account-files.ts"
import { answers } from "./parsers/answers.ts"
import { callbacks } from "./parsers/callbacks.ts"
import { consoleRequests } from "./parsers/console-requests.ts"
import { cookies } from "./parsers/cookies.ts"
import { events } from "./parsers/events.ts"
import { healthRequests } from "./parsers/health-requests.ts"
import { idTokens } from "./parsers/id-tokens.ts"
import { links } from "./parsers/links.ts"
import { pages } from "./parsers/pages.ts"
import { records } from "./parsers/records.ts"
import { redaction } from "./parsers/redaction.ts"
import { returnTo } from "./parsers/return-to.ts"
import { schedules } from "./parsers/schedules.ts"
import { settings } from "./parsers/settings.ts"
import { spreadsheets } from "./parsers/spreadsheets.ts"
import { walks } from "./parsers/walks.ts"

/** Every parser that meets the network or a person's file. */
export const fuzzers: readonly Fuzzer[] = [
  pages,
  walks,
  events,
  records,
  answers,
  links,
  callbacks,
  returnTo,
  cookies,
  idTokens,
  schedules,
  accountFiles,
  spreadsheets,
  consoleRequests,
  healthRequests,
  settings,
  redaction,
]
