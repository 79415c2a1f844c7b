/** The rules that the documents promise, by the ids at the beginning of test names. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { root } from "../entries.ts"

/** The ids at the beginning of a text: `S15 S16 a school…` has two. */
const leadingIds = /^(?:[SR]\d{1,2}(?:,? |$))+/

/** What each rule says, in a sentence, in the order of the documents. */
export function readRules(): Map<string, string> {
  const rules = new Map<string, string>()
  for (const [, ids = "", text = ""] of read("docs/spec/sync.md").matchAll(
    /^\d+\. \*\*(S\d+(?:, S\d+)*)\*\* (.+)$/gm,
  )) {
    for (const id of ids.split(", ")) if (!rules.has(id)) rules.set(id, firstSentence(text))
  }
  for (const [, id = "", text = ""] of read("docs/security.md").matchAll(/^\| (R\d+) \| ([^|]+) \|/gm)) {
    rules.set(id, text.trim())
  }
  return rules
}

/** The ids that a name begins with, and what it says without them. */
export function splitName(name: string): { ids: string[]; text: string } {
  const [found = ""] = leadingIds.exec(name) ?? []
  return { ids: found.match(/[SR]\d+/g) ?? [], text: name.slice(found.length).trim() }
}

function read(path: string): string {
  return readFileSync(join(root, path), "utf8")
}

function firstSentence(text: string): string {
  return (/^.+?[.:](?= |$)/.exec(text)?.[0] ?? text).replace(/:$/, ".")
}
