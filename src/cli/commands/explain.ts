import { type Command, Option } from "commander"
import { type ApiVersion, type Kind, kinds, RosterSync } from "../../index.ts"
import { withClever } from "../environment.ts"
import { explanationLines } from "../explanation-text.ts"
import { apiVersionOption, districtOption } from "../options.ts"
import { withOutput } from "../output.ts"

interface ExplainOptions {
  district: string
  kind: Kind
  json?: boolean | undefined
  apiVersion: ApiVersion
}

/** `homeroom explain`: why one record is as it is. */
export function addExplain(program: Command): void {
  program
    .command("explain")
    .summary("say why one record is as it is")
    .description(
      "Asks Clever for the record and says step by step whether it is in scope, whose account it is, what is stored, " +
        "what the next import would do, and what stands in the way. Changes nothing.",
    )
    .addOption(districtOption())
    .addOption(new Option("--kind <kind>", "the record's kind").choices(kinds).makeOptionMandatory())
    .argument("<id>", "the record's Clever id")
    .option("--json", "print one JSON object")
    .addOption(apiVersionOption())
    .action(async (id: string, { district, kind, json = false, apiVersion }: ExplainOptions) => {
      await withClever({ apiVersion }, async ({ storage, source }) => {
        const roster = new RosterSync({ clever: source, storage })
        const explanation = await roster.explain({ districtId: district, kind, id })
        await withOutput(async (output) => {
          if (json) await output.line(JSON.stringify(explanation))
          else for (const line of explanationLines(explanation)) await output.line(line)
        })
      })
    })
}
