import { Command } from "commander"
import { addAudit } from "./commands/audit.ts"
import { addCancel } from "./commands/cancel.ts"
import { addConnect } from "./commands/connect.ts"
import { addConnections } from "./commands/connections.ts"
import { addConsole } from "./commands/console.ts"
import { addDecide } from "./commands/decide.ts"
import { addDemo } from "./commands/demo.ts"
import { addDiscover } from "./commands/discover.ts"
import { addDoctor } from "./commands/doctor.ts"
import { addExplain } from "./commands/explain.ts"
import { addExport } from "./commands/export.ts"
import { addForget } from "./commands/forget.ts"
import { addHistory } from "./commands/history.ts"
import { addImport } from "./commands/import.ts"
import { addPlan } from "./commands/plan.ts"
import { addQueue } from "./commands/queue.ts"
import { addSchedule } from "./commands/schedule.ts"
import { addShow } from "./commands/show.ts"
import { addSimulate } from "./commands/simulate.ts"
import { addUndo } from "./commands/undo.ts"
import { addWorker } from "./commands/worker.ts"
import { exitCodes, reportFailure, reportUsage } from "./failure.ts"

const environmentHelp = `
Environment:
  CLEVER_CLIENT_ID, CLEVER_CLIENT_SECRET   the Clever app (Clever dashboard: Settings > App Settings)
  CLEVER_APPS                              several Clever apps by name, as in sign-in,rostering; the variables of
                                           sign-in are CLEVER_CLIENT_ID_SIGN_IN, CLEVER_CLIENT_SECRET_SIGN_IN,
                                           CLEVER_MODE_SIGN_IN and CLEVER_SIGNUP_URL_SIGN_IN, and so on
  CLEVER_DISTRICT_TOKEN                    a district's token to use as it is, instead of asking Clever for it
  HOMEROOM_STORAGE                         where rosters are kept: sqlite:PATH (default sqlite:./homeroom.db)
                                           or postgres://USER:PASSWORD@HOST/DATABASE
  HOMEROOM_CLEVER_API_URL                  default https://api.clever.com
  HOMEROOM_CLEVER_AUTH_URL                 default https://clever.com
  HOMEROOM_COOKIE_SECRET                   what the app seals login cookies with (doctor looks at its strength)
  BASE_URL                                 the app's own address; its redirect URI is there + /auth/clever/callback
  HOMEROOM_CLEVER_OIDC                     the app's use of OpenID Connect: auto (default), required or off
  HOMEROOM_DEBUG                           set to 1 to see where an error came from

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 an import is held, 4 another import of the district is running.
Every error has a code that docs/errors.md explains.

Without a Clever app at hand: homeroom demo`

export interface ProgramOptions {
  /** The command line after the program's name. */
  arguments: readonly string[]
  version: string
}

/** Runs one command to its end and returns the exit code; never rejects. */
export async function runProgram(options: ProgramOptions): Promise<number> {
  let exitCode = exitCodes.ok
  const program = new Command("homeroom")
    .description(
      "Clever rostering from the command line: connect a district, import its roster, see what changed, and decide.",
    )
    .version(options.version)
    .helpCommand("help [command]", "explain a command")
    .addHelpText("after", environmentHelp)
    .exitOverride()
    .configureOutput({ outputError: reportUsage })
  const setExitCode = (code: number): void => {
    exitCode = code
  }
  addDemo(program)
  addSimulate(program)
  addConnect(program)
  addConnections(program)
  addDiscover(program, setExitCode)
  addImport(program, setExitCode)
  addPlan(program, setExitCode)
  addDecide(program)
  addCancel(program)
  addSchedule(program)
  addQueue(program)
  addHistory(program)
  addShow(program)
  addUndo(program)
  addExplain(program)
  addExport(program)
  addAudit(program)
  addForget(program)
  addConsole(program)
  addWorker(program)
  addDoctor(program, setExitCode)
  // A reader that goes away is no failure: `Output` notices it, and help and errors go unread.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {})
  try {
    await program.parseAsync(options.arguments, { from: "user" })
  } catch (error) {
    exitCode = Math.max(exitCode, reportFailure(error))
  }
  return exitCode
}
