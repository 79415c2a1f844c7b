import type { ConnectionState, RunState } from "../../storage/contract.ts"
import type { ConsoleText } from "../text/english.ts"
import type { Markup } from "./html.ts"
import { badge, type Tone } from "./pieces.ts"

const connectionTones: Readonly<Record<ConnectionState, Tone>> = {
  requested: "busy",
  approved: "busy",
  active: "good",
  paused: "warn",
  disconnected: "quiet",
  declined: "bad",
}

const runTones: Readonly<Record<RunState, Tone>> = {
  queued: "busy",
  fetching: "busy",
  interrupted: "warn",
  planned: "busy",
  held: "warn",
  approved: "busy",
  applying: "busy",
  applied: "good",
  unchanged: "quiet",
  discarded: "quiet",
  expired: "quiet",
  failed: "bad",
  cancelled: "quiet",
}

/** How a connection stands. */
export function connectionBadge(text: ConsoleText, state: ConnectionState): Markup {
  return badge(text.connectionStates[state], connectionTones[state])
}

/** How a run stands. */
export function runBadge(text: ConsoleText, state: RunState): Markup {
  return badge(text.runStates[state], runTones[state])
}
