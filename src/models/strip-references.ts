import { type Level, levelUnder } from "./canonical-json.ts"
import { type JsonMember, type JsonNode, readJsonTree } from "./json-tree.ts"
import { Mention } from "./mention.ts"

/**
 * A record's JSON text without any mention of an id, the rest byte for byte as it was; undefined if the id does not
 * stand in it.
 *
 * Out go, at any depth and under names that nobody knows: texts that are the id or mention it (a link), from lists
 * (`students`) and objects (`teacher`); elements of a list that name it (an entry of a contact's
 * `student_relationships`); objects whose `id` it is; and whatever stands under the id as a name. The record's own `id`
 * and `district` stay. That is what an import leaves out whose scope excludes the id (S18). From a text that is no JSON,
 * as a rejected record's may be, nothing but the id is cut.
 */
export function stripReferences(text: string, id: string): string | undefined {
  const mention = new Mention(id)
  if (!mention.mayBeInJson(text)) return undefined
  const tree = readJsonTree(text)
  const stripped =
    tree === undefined ? mention.cutFrom(text) : (new Stripper(text, mention).strip(tree, "record") ?? "null")
  return stripped === text ? undefined : stripped
}

class Stripper {
  readonly #text: string
  readonly #mention: Mention

  constructor(text: string, mention: Mention) {
    this.#text = text
    this.#mention = mention
  }

  /** The value's text without mentions; undefined if nothing of it is to stay. */
  strip(node: JsonNode, level: Level): string | undefined {
    if (node.type === "object") {
      return this.#join(node, node.members, (member) => this.#stripMember(member, level))
    }
    if (node.type === "list") {
      return this.#join(node, node.items, (item) =>
        this.#isAbout(item) ? undefined : this.strip(item, "inner"),
      )
    }
    if (node.type === "text" && this.#mention.isIn(node.text)) return undefined
    return this.#text.slice(node.start, node.end)
  }

  #stripMember({ start, end, name, value }: JsonMember, level: Level): string | undefined {
    if (level === "record" && (name === "id" || name === "district")) return this.#text.slice(start, end)
    if (this.#mention.isIn(name)) return undefined
    const inner = levelUnder(level, name)
    // A role object is its person's, whatever it holds.
    if (inner === "inner" && this.#isItsOwn(value)) return undefined
    const stripped = this.strip(value, inner)
    return stripped === undefined ? undefined : this.#text.slice(start, value.start) + stripped
  }

  #isItsOwn(value: JsonNode): boolean {
    return (
      value.type === "object" &&
      value.members.some(
        ({ name, value: own }) => name === "id" && own.type === "text" && own.text === this.#mention.id,
      )
    )
  }

  /** An element that is an object is about whomever one of its own texts names. */
  #isAbout(item: JsonNode): boolean {
    return (
      item.type === "object" &&
      item.members.some(({ value }) => value.type === "text" && this.#mention.isIn(value.text))
    )
  }

  /** The brackets with what stays between them; all but the first with the comma and the white space before it. */
  #join<Child extends { readonly start: number; readonly end: number }>(
    { start, end }: JsonNode,
    children: readonly Child[],
    strip: (child: Child) => string | undefined,
  ): string {
    const [first] = children
    if (first === undefined) return this.#text.slice(start, end)
    let kept = ""
    let at = first.start
    for (const child of children) {
      const stripped = strip(child)
      if (stripped !== undefined) kept += (kept === "" ? "" : this.#text.slice(at, child.start)) + stripped
      at = child.end
    }
    return this.#text.slice(start, first.start) + kept + this.#text.slice(at, end)
  }
}
