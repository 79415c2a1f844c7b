import { type Command, Option } from "commander"
import { type ErasureCounts, type ErasureProof, forgetDistrict, forgetUser } from "../../entries/exchange.ts"
import { HomeroomError } from "../../errors/index.ts"
import type { RosterStorage } from "../../index.ts"
import { withStorage } from "../environment.ts"
import { readId, seconds } from "../options.ts"
import { withOutput } from "../output.ts"
import { number } from "../run-text.ts"
import { withSignals } from "../signals.ts"

interface ForgetOptions {
  user?: string | undefined
  district?: string | undefined
  exclude?: true | undefined
  wait: number
  json?: true | undefined
}

/** What is counted, for one and for more. */
const words: readonly (readonly [keyof ErasureCounts, string, string])[] = [
  ["records", "record of the roster", "records of the roster"],
  ["contents", "content in a plan or change log", "contents in plans and change logs"],
  ["mentions", "mention by others", "mentions by others"],
  ["documents", "document or override", "documents and overrides"],
  ["logins", "link or one-time key of sign-in", "links and one-time keys of sign-in"],
  ["runs", "import of the history", "imports of the history"],
]

/** `homeroom forget`: erases a person or a district everywhere. */
export function addForget(program: Command): void {
  program
    .command("forget")
    .summary("erase a person or a district everywhere")
    .description(
      "Erases a person, or a district with everybody in it, from everything that is stored: roster, history, plans, " +
        "links. Searches all tables and files afterwards to prove it, and prints counts. It can't be taken back. " +
        "Somebody whom Clever still shares comes back with an import, unless --exclude is given.",
    )
    .addOption(
      new Option("--user <id>", "the Clever id of the person").argParser(readId).conflicts("district"),
    )
    .addOption(
      new Option("--district <id>", "the Clever id of the district").argParser(readId).conflicts("exclude"),
    )
    .option("--exclude", "leave the person out of all later imports")
    .option(
      "--wait <seconds>",
      "wait that long for an import of the district to end, instead of ending with 4",
      seconds(0),
      0,
    )
    .option("--json", "print one JSON object: { districtIds, counts, traces }")
    .action((options: ForgetOptions) =>
      withStorage(async (storage) => {
        const proof = await withSignals((signal) => forget(storage, options, signal))
        await print(proof, options)
      }),
    )
}

function forget(
  storage: RosterStorage,
  { user, district, exclude, wait }: ForgetOptions,
  signal: AbortSignal,
): Promise<ErasureProof> {
  const common = { storage, by: "cli", waitMs: wait * 1_000, signal }
  if (user !== undefined) return forgetUser({ ...common, id: user, exclude: exclude === true })
  if (district !== undefined) return forgetDistrict({ ...common, districtId: district })
  throw new HomeroomError("INVALID_OPTIONS", { message: "forget needs --user or --district." })
}

async function print({ districtIds, counts, traces }: ErasureProof, { json }: ForgetOptions): Promise<void> {
  await withOutput(async (output) => {
    if (json) return output.line(JSON.stringify({ districtIds, counts, traces }))
    const erased = words.filter(([name]) => counts[name] > 0)
    if (erased.length === 0) await output.line("Nothing was stored under this id.")
    else await output.line("Erased:")
    for (const [name, one, more] of erased) {
      await output.line(`  ${number(counts[name])} ${counts[name] === 1 ? one : more}`)
    }
    await output.line("The id stands in no table and no file any more.")
  })
}
