/** What tests hold Homeroom to, as chapters of a specification. */
import { relative, sep } from "node:path"
import type { TestCase, TestModule } from "vitest/node"
import { root } from "../entries.ts"
import { readRules, splitName } from "./rules.ts"

export interface Chapter {
  title: string
  /** Its tests, a line each, which begins with a mark. */
  lines: string[]
}

/** What has failed begins with it. */
export const failedMark = "✗"

const marks: Readonly<Record<string, string>> = { passed: "✓", failed: failedMark, skipped: "–" }

/** A chapter for each rule, in the rules' order, then one for what no rule has a number for, by room. */
export function chaptersOf(modules: readonly TestModule[]): Chapter[] {
  const rules = readRules()
  const byRule = new Map([...rules.keys()].map((id): [string, string[]] => [id, []]))
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
  const chapters = [
    ...[...byRule].map(([id, lines]) => ({ title: `${id}  ${rules.get(id)}`, lines })),
    ...[...byRoom]
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([room, lines]) => ({ title: `${room}: what no rule has a number for`, lines })),
  ]
  return chapters.filter(({ lines }) => lines.length > 0)
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
