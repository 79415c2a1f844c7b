/** `npm run test:spec`: what the tests hold Homeroom to, by rule; then what else there is, by room. */
import { relative, sep } from "node:path"
import type { Reporter, TestCase, TestModule } from "vitest/node"
import { root } from "../entries.ts"
import { readRules, splitName } from "./rules.ts"

const marks: Readonly<Record<string, string>> = { passed: "✓", failed: "✗", skipped: "–" }

export default class SpecReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const byRule = new Map([...readRules().keys()].map((id): [string, string[]] => [id, []]))
    const byRoom = new Map<string, string[]>()
    for (const module of modules) {
      const room = relative(root, module.moduleId).split(sep).slice(0, 2).join("/")
      for (const test of module.children.allTests()) {
        const { ids, line } = describe(test)
        for (const id of ids) byRule.get(id)?.push(line)
        if (ids.length > 0) continue
        byRoom.set(room, [...(byRoom.get(room) ?? []), line])
      }
    }
    const rules = readRules()
    for (const [id, lines] of byRule) printChapter(`${id}  ${rules.get(id)}`, lines)
    for (const [room, lines] of [...byRoom].sort(([one], [other]) => (one < other ? -1 : 1))) {
      printChapter(`${room}: what no rule has a number for`, lines)
    }
  }
}

/** A test as a line: the names of what it stands in and its own, without the rules that they begin with. */
function describe(test: TestCase): { ids: string[]; line: string } {
  const names: string[] = [test.name]
  for (let suite = test.parent; suite.type === "suite"; suite = suite.parent) names.unshift(suite.name)
  const parts = names.map(splitName)
  const text = parts.map((part) => part.text).filter((part) => part !== "")
  const ids = [...new Set(parts.flatMap((part) => part.ids))]
  return { ids, line: `${marks[test.result().state] ?? "?"} ${text.join(" › ")}` }
}

function printChapter(title: string, lines: readonly string[]): void {
  if (lines.length === 0) return
  console.log(`\n${title}`)
  for (const line of lines) console.log(`   ${line}`)
}
