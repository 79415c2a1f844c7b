/** Which errors a function can throw, told from the sources by the compiler. */
import ts from "typescript"

/** What leads from a function to where the error is made: the names of the functions called on the way. */
export type Way = readonly string[]

export interface Reach {
  /** The codes of the errors that it, or what it calls, makes; `?` for one that is not in the source. */
  codes: Map<string, Way>
  /** It calls a method that has no body here, such as a storage's, whose docstring says that it throws. */
  declared: Way | undefined
}

interface Body {
  codes: Set<string>
  isDeclared: boolean
  calls: Set<ts.Node>
}

export function nameOf(declaration: ts.Node): string {
  const named = ts.isConstructorDeclaration(declaration) ? declaration.parent : declaration
  const name = (named as ts.NamedDeclaration).name?.getText() ?? "a function"
  return named === declaration ? name : `new ${name}`
}

export class CallGraph {
  readonly #checker: ts.TypeChecker
  readonly #isOwn: (file: ts.SourceFile) => boolean
  readonly #says: (declaration: ts.Node) => boolean
  readonly #bodies = new Map<ts.Node, Body>()

  /** `says`: whether what has no body here is documented to throw. */
  constructor(
    program: ts.Program,
    isOwn: (file: ts.SourceFile) => boolean,
    says: (declaration: ts.Node) => boolean,
  ) {
    this.#checker = program.getTypeChecker()
    this.#isOwn = isOwn
    this.#says = says
  }

  /** Follows every call; not functions that are handed on, and nothing is known of who catches what. */
  reachOf(start: ts.Node): Reach {
    const reach: Reach = { codes: new Map(), declared: undefined }
    const seen = new Set<ts.Node>([start])
    const waiting: { at: ts.Node; way: Way }[] = [{ at: start, way: [] }]
    for (const { at, way } of waiting) {
      const { codes, isDeclared, calls } = this.#bodyOf(at)
      for (const code of codes) if (!reach.codes.has(code)) reach.codes.set(code, way)
      if (isDeclared) reach.declared ??= way
      for (const call of calls) {
        if (seen.has(call)) continue
        seen.add(call)
        waiting.push({ at: call, way: [...way, nameOf(call)] })
      }
    }
    return reach
  }

  #bodyOf(declaration: ts.Node): Body {
    const known = this.#bodies.get(declaration)
    if (known !== undefined) return known
    const body: Body = { codes: new Set(), isDeclared: false, calls: new Set() }
    this.#bodies.set(declaration, body)
    const implementation = withBody(declaration)
    if (implementation === undefined) {
      body.isDeclared = this.#says(declaration)
      return body
    }
    this.#read(implementation, body)
    if (ts.isConstructorDeclaration(implementation)) {
      for (const member of implementation.parent.members) {
        if (!ts.isPropertyDeclaration(member) || member.initializer === undefined) continue
        // A function that is kept is called later.
        if (!ts.isArrowFunction(member.initializer)) this.#read(member.initializer, body)
      }
    }
    return body
  }

  #read(node: ts.Node, body: Body): void {
    if (ts.isCallExpression(node) || ts.isNewExpression(node)) {
      if (node.expression.getText() === "HomeroomError") {
        for (const code of this.#codesOf(node.arguments?.[0])) body.codes.add(code)
      }
      const called = this.#checker.getResolvedSignature(node)?.declaration
      if (called !== undefined && this.#isOwn(called.getSourceFile())) body.calls.add(called)
    }
    ts.forEachChild(node, (child) => this.#read(child, body))
  }

  /** The codes that an argument may be, unless it may be any. */
  #codesOf(argument: ts.Expression | undefined): string[] {
    if (argument === undefined) return ["?"]
    const type = this.#checker.getTypeAtLocation(argument)
    const types = type.isUnion() ? type.types : [type]
    if (types.length > 8) return ["?"]
    return types.map((one) => (one.isStringLiteral() ? one.value : "?"))
  }
}

/** The declaration that has the body: of overloads, the last. */
function withBody(declaration: ts.Node): ts.Node | undefined {
  if (bodyOf(declaration) !== undefined) return declaration
  const { parent } = declaration
  const siblings: readonly ts.Node[] = ts.isClassLike(parent)
    ? parent.members
    : ts.isSourceFile(parent)
      ? parent.statements
      : []
  return siblings.find(
    (sibling) =>
      sibling.kind === declaration.kind &&
      nameOf(sibling) === nameOf(declaration) &&
      bodyOf(sibling) !== undefined,
  )
}

function bodyOf(declaration: ts.Node): ts.Node | undefined {
  return ts.isFunctionLike(declaration) ? (declaration as ts.FunctionLikeDeclaration).body : undefined
}
