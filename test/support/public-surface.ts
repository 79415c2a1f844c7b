import { join } from "node:path"
import ts from "typescript"
import { publicEntries, root } from "../../scripts/entries.ts"

/** An optional property of an exported options type, and what its docstring says. */
export interface DescribedOption {
  readonly name: string
  readonly text: string
  readonly allowsUndefined: boolean
}

/** What apps can import, read from the sources as an editor reads it. */
export class PublicSurface {
  readonly #checker: ts.TypeChecker
  /** Each thing that is exported, with the entries that export it, as `homeroom RosterSync`. */
  readonly #exported = new Map<ts.Symbol, string[]>()

  constructor() {
    const path = join(root, "tsconfig.json")
    const { options } = ts.parseJsonConfigFileContent(
      ts.readConfigFile(path, ts.sys.readFile).config,
      ts.sys,
      root,
    )
    const files = publicEntries.map(({ source }) => join(root, source))
    const program = ts.createProgram(files, options)
    this.#checker = program.getTypeChecker()
    for (const { specifier, source } of publicEntries) {
      const file = program.getSourceFile(join(root, source))
      const entry = file && this.#checker.getSymbolAtLocation(file)
      if (entry === undefined) throw new Error(`${source} is no module`)
      for (const each of this.#checker.getExportsOfModule(entry)) {
        const symbol = this.#resolved(each)
        this.#exported.set(symbol, [...(this.#exported.get(symbol) ?? []), `${specifier} ${each.name}`])
      }
    }
  }

  /** Names that two entries give to different things, with those entries. */
  ambiguousNames(): string[] {
    const meanings = new Map<string, Set<ts.Symbol>>()
    for (const [symbol, places] of this.#exported) {
      for (const place of places) {
        const name = place.split(" ")[1] ?? ""
        meanings.set(name, (meanings.get(name) ?? new Set()).add(symbol))
      }
    }
    return [...meanings].filter(([, symbols]) => symbols.size > 1).map(([name]) => name)
  }

  /** Types of ours that a public signature leads to and no entry exports. */
  hiddenTypes(): string[] {
    const hidden = new Set<string>()
    const seen = new Set<ts.Symbol>()
    const visit = (symbol: ts.Symbol): void => {
      if (seen.has(symbol)) return
      seen.add(symbol)
      for (const declaration of symbol.declarations ?? []) walk(declaration)
    }
    const walk = (node: ts.Node): void => {
      if (isPrivate(node) || ts.isBlock(node)) return
      const name = referenceIn(node)
      const symbol = name && this.#symbolAt(name)
      if (symbol !== undefined && isOurs(symbol) && !this.#exported.has(symbol)) {
        hidden.add(symbol.name)
        visit(symbol)
      }
      // An initializer says nothing to whoever reads the declarations.
      if (ts.isParameter(node) || ts.isPropertyDeclaration(node) || ts.isVariableDeclaration(node)) {
        if (node.type !== undefined) walk(node.type)
      } else ts.forEachChild(node, walk)
    }
    for (const symbol of this.#exported.keys()) if (isOurs(symbol)) visit(symbol)
    return [...hidden].sort()
  }

  /** The optional properties of exported interfaces whose names end so. */
  options(ending: RegExp): DescribedOption[] {
    return [...this.#exported.keys()].flatMap((symbol) =>
      (symbol.declarations ?? [])
        .filter((declaration) => ts.isInterfaceDeclaration(declaration))
        .filter(({ name }) => ending.test(name.text))
        .flatMap((declaration) => declaration.members)
        .filter((member) => ts.isPropertySignature(member) && member.questionToken !== undefined)
        .map((member) => this.#describe(symbol, member as ts.PropertySignature)),
    )
  }

  /** Exported functions and classes without a docstring, as places. */
  undocumented(): string[] {
    const kinds = ts.SymbolFlags.Function | ts.SymbolFlags.Class
    return [...this.#exported]
      .filter(([symbol]) => (symbol.flags & kinds) !== 0 && isOurs(symbol))
      .filter(([symbol]) => symbol.getDocumentationComment(this.#checker).length === 0)
      .map(([, [place = ""]]) => place)
  }

  /** Public methods and getters of exported classes without a docstring of their own, or of what they implement. */
  undocumentedMethods(): string[] {
    return [...this.#exported.keys()].flatMap((symbol) =>
      (symbol.declarations ?? [])
        .filter((declaration) => ts.isClassDeclaration(declaration))
        .flatMap((declaration) => declaration.members)
        .filter(
          (member) => (ts.isMethodDeclaration(member) || ts.isGetAccessor(member)) && !isPrivate(member),
        )
        .filter((member) => {
          const method = member.name && this.#checker.getSymbolAtLocation(member.name)
          return method?.getDocumentationComment(this.#checker).length === 0
        })
        .map((member) => `${symbol.name}.${member.name?.getText()}`),
    )
  }

  #describe(owner: ts.Symbol, member: ts.PropertySignature): DescribedOption {
    const symbol = this.#checker.getSymbolAtLocation(member.name)
    const text = ts.displayPartsToString(symbol?.getDocumentationComment(this.#checker))
    const allowsUndefined = /\bundefined$/.test(member.type?.getText() ?? "")
    return { name: `${owner.name}.${member.name.getText()}`, text, allowsUndefined }
  }

  #symbolAt(name: ts.Node): ts.Symbol | undefined {
    const symbol = this.#checker.getSymbolAtLocation(name)
    return symbol && this.#resolved(symbol)
  }

  #resolved(symbol: ts.Symbol): ts.Symbol {
    return symbol.flags & ts.SymbolFlags.Alias ? this.#checker.getAliasedSymbol(symbol) : symbol
  }
}

function referenceIn(node: ts.Node): ts.Node | undefined {
  if (ts.isTypeReferenceNode(node)) return node.typeName
  if (ts.isTypeQueryNode(node)) return node.exprName
  return ts.isExpressionWithTypeArguments(node) ? node.expression : undefined
}

function isPrivate(node: ts.Node): boolean {
  if (!ts.isClassElement(node)) return false
  const isHidden =
    (ts.getCombinedModifierFlags(node) & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)) !== 0
  return isHidden || (node.name !== undefined && ts.isPrivateIdentifier(node.name))
}

function isOurs(symbol: ts.Symbol): boolean {
  if (symbol.flags & ts.SymbolFlags.TypeParameter) return false
  const [declaration] = symbol.declarations ?? []
  return declaration?.getSourceFile().fileName.startsWith(join(root, "src/")) ?? false
}
