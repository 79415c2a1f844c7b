import assert from "node:assert/strict"
import fc from "fast-check"
import {
  appsFromEnvironment,
  loginFromEnvironment,
  storageAt,
  withoutPassword,
} from "../../../src/cli/environment.ts"
import { readId, seconds, wholeNumber } from "../../../src/cli/options.ts"
import { type Fuzzer, personal, text } from "../engine/fuzzer.ts"
import { outcome } from "../engine/outcome.ts"
import { encoded } from "../support/json-inputs.ts"

const names = [
  "CLEVER_APPS",
  "CLEVER_CLIENT_ID",
  "HOMEROOM_CLEVER_API_URL",
  "HOMEROOM_CLEVER_AUTH_URL",
  "BASE_URL",
  "HOMEROOM_CLEVER_OIDC",
  "CLEVER_MODE_A",
  "CLEVER_CLIENT_ID_A",
]

/** What the work comes to with a variable of the environment set to the text. */
function withVariable<T>(name: string, value: string, work: () => T): T {
  const before = process.env[name]
  process.env[name] = value
  try {
    return work()
  } finally {
    if (before === undefined) delete process.env[name]
    else process.env[name] = before
  }
}

/** The value, or undefined if it is refused as an argument. */
function argument<T>(read: (text: string) => T, given: string): T | undefined {
  try {
    return read(given)
  } catch (error) {
    assert.equal((error as { code?: string }).code, "commander.invalidArgument")
    return undefined
  }
}

export const settings: Fuzzer = {
  name: "settings",
  inputs: encoded(
    fc.oneof(
      fc.constantFrom(
        `postgres://app:${personal}@127.0.0.1:5432/homeroom?sslmode=require`,
        `postgresql://app:${personal}@[::1]/x`,
        "sqlite:./homeroom.db",
        "sqlite://host/x",
        "a, sign-in,,b",
        "https://clever.example",
        "http://127.0.0.1:4000",
        "15",
        "1.5",
      ),
      fc.webUrl(),
      fc.string({ maxLength: 12 }),
    ),
  ),
  words: [
    "postgres:",
    "sqlite:",
    "//",
    "@",
    ":",
    "/",
    "%",
    "%zz",
    "?",
    "#",
    "\0",
    "\n",
    " ",
    "0",
    "-",
    ".",
    "e9",
    "[::1]",
    ",",
    personal,
  ],
  properties: {
    "is taken from the environment, or refused with a code and without a password": (input) => {
      const given = text(input).replaceAll("\0", "")
      for (const name of names) {
        // These hold no password: their errors may say what stands in them.
        withVariable(name, given.replaceAll(personal, "x"), () => {
          outcome(() => appsFromEnvironment())
          outcome(() => loginFromEnvironment())
        })
      }
      outcome(() => storageAt(given))
    },
    "is shown without its password": (input) => {
      const given = text(input)
      if (outcome(() => storageAt(given)).value === undefined || !URL.canParse(given)) return
      const { password, protocol } = new URL(given)
      if (!protocol.startsWith("postgres") || !password.includes(personal)) return
      const shown = withoutPassword(given)
      const { username, host, pathname } = new URL(given)
      if (!`${username}${host}${pathname}`.includes(personal)) assert.ok(!shown.includes(personal))
    },
    "is read as an argument of the right range, or refused as one": (input) => {
      const given = text(input)
      const number = argument(wholeNumber(1, 500), given)
      assert.ok(number === undefined || (Number.isInteger(number) && number >= 1 && number <= 500))
      const time = argument(seconds(0), given)
      assert.ok(time === undefined || (time >= 0 && time <= 2_000_000))
      assert.match(argument(readId, given) ?? "x", /^[\w-]{1,64}$/)
    },
  },
}
