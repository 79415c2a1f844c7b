/** What docstrings say about errors: their sentences with "throws", "rejects" or "refused", and the codes in those. */
import ts from "typescript"

const saying = /\b(?:throws?|rejects?|refused|refuses|fails with)\b/i
const denying = /\bnever\s+(?:throws|rejects)\b/i
const aboutEvery = /\b(?:every|each)\s+(?:method|call)\b/i
/** A code, or all of an area: `STORAGE_…`. */
const code = /`([A-Z]+(?:_[A-Z]+)*(?:_…)?)`/g

/** The docstring of a declaration as plain text; empty if it has none. */
export function docstringOf(declaration: ts.Node): string {
  const comments = ts.getJSDocCommentsAndTags(declaration).filter(ts.isJSDoc)
  return plainDocstring(comments.map((comment) => comment.getText()).join("\n"))
}

export function plainDocstring(comment: string): string {
  return comment.replace(/^\s*\/?\*+\/? ?|\*\/$/gm, "")
}

function sentencesOf(docstring: string): string[] {
  return docstring.split(/\.(?=\s|$)|\n\s*\n/).filter((sentence) => saying.test(sentence))
}

/** The error codes that a docstring names in its sentences about errors. */
export function codesIn(docstring: string): string[] {
  return sentencesOf(docstring).flatMap((sentence) =>
    [...sentence.matchAll(code)].map(([, name]) => name as string),
  )
}

export function isCodeOf(named: string, existing: string): boolean {
  return named.endsWith("…") ? existing.startsWith(named.slice(0, -1)) : named === existing
}

export class SaidErrors {
  readonly #checker: ts.TypeChecker
  /** The functions, classes and interfaces that a docstring may refer to. */
  readonly #byName = new Map<string, ts.Node>()

  constructor(program: ts.Program, files: readonly ts.SourceFile[]) {
    this.#checker = program.getTypeChecker()
    for (const file of files) for (const statement of file.statements) this.#remember(statement)
  }

  /**
   * Whether a function says what it throws, or that it never does: in its own docstring, in what that refers to, or,
   * without a docstring of its own, in that of what it implements.
   */
  says(declaration: ts.Node, seen: Set<ts.Node> = new Set()): boolean {
    if (seen.has(declaration)) return false
    seen.add(declaration)
    const docstring = docstringOf(declaration)
    if (denying.test(docstring) || codesIn(docstring).length > 0) return true
    if (sentencesOf(docstring).some((sentence) => this.#refersToCodes(sentence, declaration, seen)))
      return true
    const { parent } = declaration
    if (ts.isInterfaceDeclaration(parent) && this.codesOfEvery(parent).length > 0) return true
    const isOwn = docstring.trim() !== "" && !docstring.includes("@inheritDoc")
    if (isOwn || !ts.isClassLike(parent)) return false
    return this.#inherited(parent, declaration).some((other) => this.says(other, seen))
  }

  /** The codes that a class or an interface names for each of its methods. */
  codesOfEvery(declaration: ts.Node): string[] {
    return sentencesOf(docstringOf(declaration))
      .filter((sentence) => aboutEvery.test(sentence))
      .flatMap((sentence) => codesIn(sentence))
  }

  /** Whether a sentence such as "Rejects as {@link sync} does" refers to something that names codes. */
  #refersToCodes(sentence: string, { parent }: ts.Node, seen: Set<ts.Node>): boolean {
    return [...sentence.matchAll(/(?:\{@link |`)(?:(\w+)\.)?(\w+)/g)].some(([, owner, name = ""]) => {
      const sibling = owner === undefined && isType(parent) ? this.#membersOf(parent, name) : []
      const type = this.#byName.get(owner ?? "")
      const member = type === undefined ? [] : this.#membersOf(type, name)
      const own = owner === undefined ? this.#byName.get(name) : undefined
      return [...sibling, ...member, ...(own ? [own] : [])].some((referred) => this.says(referred, seen))
    })
  }

  #inherited(parent: ts.ClassLikeDeclaration, member: ts.Node): readonly ts.Node[] {
    const name = (member as ts.NamedDeclaration).name?.getText()
    if (name === undefined) return []
    const bases = (parent.heritageClauses ?? []).flatMap(({ types }) => [...types])
    return bases.flatMap((base) => this.#membersOf(base, name))
  }

  #membersOf(type: ts.Node, name: string): readonly ts.Node[] {
    return this.#checker.getTypeAtLocation(type).getProperty(name)?.declarations ?? []
  }

  #remember(statement: ts.Node): void {
    if (!isType(statement) && !ts.isFunctionDeclaration(statement)) return
    if (statement.name) this.#byName.set(statement.name.text, statement)
  }
}

function isType(node: ts.Node): node is ts.ClassLikeDeclaration | ts.InterfaceDeclaration {
  return ts.isClassLike(node) || ts.isInterfaceDeclaration(node)
}
