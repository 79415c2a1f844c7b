import { InvalidArgumentError, Option } from "commander"
import type { ApiVersion } from "../index.ts"

/** `--district ID`, which the command needs. */
export function districtOption(): Option {
  return new Option("--district <id>", "the Clever District ID").makeOptionMandatory().argParser(readId)
}

/** `--district ID`, to narrow down what the command shows. */
export function optionalDistrictOption(description: string): Option {
  return new Option("--district <id>", description).argParser(readId)
}

/** `--api-version`. */
export function apiVersionOption(): Option {
  const versions: readonly ApiVersion[] = ["v3.0", "v3.1"]
  return new Option("--api-version <version>", "the version of Clever's Data API")
    .choices(versions)
    .default("v3.1")
}

/** `--page-size N`. */
export function pageSizeOption(): Option {
  return new Option("--page-size <n>", "records a page, 1 to 10000 (default: 10000)").argParser(
    wholeNumber(1, 10_000),
  )
}

/** `--wait SECONDS`, 0 by default. */
export function waitOption(): Option {
  const description = "wait that long for another import of the district to end, instead of ending with 4"
  return new Option("--wait <seconds>", description).argParser(seconds(0)).default(0)
}

/** Reads a whole number of a range. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    if (value >= least && value <= most) return value
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`)
  }
}

/** Reads a number of seconds, fractions included; `least` itself is allowed. */
export function seconds(least: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}(?:\.\d+)?$/.test(text) ? Number(text) : Number.NaN
    // Timers take no more than this.
    if (value >= least && value <= 2_000_000) return value
    throw new InvalidArgumentError(`It must be a number of seconds from ${least} to 2000000.`)
  }
}

/** Reads dates, `2026-12-24` or `2026-12-24..2027-01-01`, one or more. */
export function readDates(
  text: string,
  before: (string | { from: string; to: string })[] = [],
): (string | { from: string; to: string })[] {
  const dates = text.split(",").map((part) => {
    const [from = "", to, ...rest] = part.trim().split("..")
    if (rest.length > 0 || from === "" || to === "") {
      throw new InvalidArgumentError("It must be a date, 2026-12-24, or two with .. between them.")
    }
    return to === undefined ? from : { from, to }
  })
  return [...before, ...dates]
}

/** Reads a Clever id. */
export function readId(text: string): string {
  if (/^[\w-]{1,64}$/.test(text)) return text
  throw new InvalidArgumentError("It must be a Clever id: letters, digits, - and _.")
}
