import { type JsonNode, readJsonTree } from "./json-tree.ts"
import { Mention } from "./mention.ts"

/**
 * A JSON text with `erased` in an id's place, wherever it stands; undefined if it does not stand in it. For what must
 * keep its form: runs, documents, the steps of a connection.
 */
export function hideReferences(json: string, id: string): string | undefined {
  const mention = new Mention(id)
  if (!mention.mayBeInJson(json)) return undefined
  const tree = readJsonTree(json)
  if (tree === undefined) return undefined
  let hidden = ""
  let at = 0
  for (const { start, end, text } of textsOf(tree)) {
    if (!mention.isIn(text)) continue
    hidden += json.slice(at, start) + JSON.stringify(mention.hideIn(text))
    at = end
  }
  return at === 0 ? undefined : hidden + json.slice(at)
}

interface TextPlace {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** All texts in their order, names of members included. */
function* textsOf(node: JsonNode): Generator<TextPlace, void, undefined> {
  if (node.type === "text") yield node
  else if (node.type === "list") for (const item of node.items) yield* textsOf(item)
  else if (node.type === "object") {
    for (const { start, nameEnd, name, value } of node.members) {
      yield { start, end: nameEnd, text: name }
      yield* textsOf(value)
    }
  }
}
