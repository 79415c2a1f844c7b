import type { Explanation } from "../index.ts"
import { oneLine } from "./output.ts"
import { holdText } from "./run-text.ts"

type Obstacle = Explanation["decided"]["obstacles"][number]

/** Why a record is as it is, in a few lines: field names and ids, no values. */
export function explanationLines(explanation: Explanation): string[] {
  const { kind, id, compared, decided, changed } = explanation
  const lines = [
    `${kind} ${id}`,
    `  at Clever     ${fetchedText(explanation.fetched)}`,
    `  in scope      ${scopedText(explanation.scoped)}`,
    `  account       ${matchedText(explanation.matched)}`,
    `  stored        ${compared.stored}${compared.fields.length === 0 ? "" : `, differs in ${list(compared.fields)}`}`,
    `  next import   ${decidedTexts[decided.action]}`,
  ]
  for (const obstacle of decided.obstacles) lines.push(`  but           ${obstacleText(obstacle)}`)
  for (const { runId, action, at, fields } of changed) {
    lines.push(`  ${runId}  ${at}  ${action}${fields.length === 0 ? "" : `: ${list(fields)}`}`)
  }
  return lines
}

const decidedTexts: Readonly<Record<Explanation["decided"]["action"], string>> = {
  none: "would do nothing",
  unknown: "can't be told",
  create: "would create it",
  update: "would update it",
  restore: "would restore it",
  archive: "would archive it",
  refresh: "would store the same content as Clever writes it now",
  unchanged: "would do nothing",
  reject: "would reject it",
}

function fetchedText(fetched: Explanation["fetched"]): string {
  if (fetched.state === "found") return "found"
  if (fetched.state === "not-found") return "not found: not shared, or deleted"
  return `no answer (${fetched.code})`
}

function scopedText(scoped: Explanation["scoped"]): string {
  if (scoped.state === "out-of-scope") return `no: ${oneLine(scoped.reason)}`
  return scoped.state === "in-scope" ? "yes" : "can't be told"
}

function matchedText({ state, accountIds, reviewIds }: Explanation["matched"]): string {
  if (state === "no-accounts") return "none: neither a person nor a school"
  const linked = accountIds.length === 0 ? "none linked" : list(accountIds)
  return reviewIds.length === 0 ? linked : `${linked}; to be decided: ${list(reviewIds)}`
}

function obstacleText(obstacle: Obstacle): string {
  switch (obstacle.code) {
    case "rejected":
      return `Clever's record can't be accepted: ${obstacle.reason}${obstacle.path === "" ? "" : ` at ${obstacle.path}`}`
    case "run-waits": {
      const { runId, state, action, holds } = obstacle
      const why = holds.map(holdText).join("; ")
      return `${runId} is ${state} and would ${action} it${why === "" ? "" : ` (${why})`}`
    }
    case "district-state":
      return `nothing is archived: the district's state at Clever is ${obstacle.state}`
    case "override":
      return `the app's own values stand in for Clever's: ${list(obstacle.paths)}`
    case "connection":
      return `the district's connection is ${obstacle.state}: no import runs`
  }
}

function list(values: readonly string[]): string {
  return oneLine(values.join(", "))
}
