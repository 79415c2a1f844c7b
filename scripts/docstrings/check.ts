/** Holds the docstrings of the public functions to the errors that they can throw. */
import { relative } from "node:path"
import ts from "typescript"
import { CallGraph, nameOf, type Reach, type Way } from "./call-graph.ts"
import { codesIn, isCodeOf, plainDocstring, SaidErrors } from "./said-errors.ts"

export interface DocstringCheck {
  root: string
  /** The folder of the sources that count. */
  sources: string
  /** The sources of the public entries. */
  entries: readonly string[]
  compilerOptions: ts.CompilerOptions
  /** The error codes that there are. */
  codes: readonly string[]
}

interface PublicFunction {
  name: string
  declaration: ts.FunctionLikeDeclaration
}

/**
 * Every public function that can throw a HomeroomError and does not say so, and every code named that there is not.
 *
 * What a class says of every method of its own covers those codes; for others a method needs a word of its own.
 */
export function docstringProblems(check: DocstringCheck): string[] {
  const program = ts.createProgram(check.entries, check.compilerOptions)
  const isOwn = (file: ts.SourceFile): boolean => file.fileName.startsWith(`${check.sources}/`)
  const files = program.getSourceFiles().filter(isOwn)
  const said = new SaidErrors(program, files)
  const graph = new CallGraph(program, isOwn, (declaration) => said.says(declaration))
  const problems: string[] = []
  for (const { name, declaration } of publicFunctions(program, check.entries)) {
    const holder = documented(declaration)
    const isMethod = ts.isClassLike(holder.parent) && !ts.isConstructorDeclaration(holder)
    const found = uncovered(graph.reachOf(declaration), isMethod ? said.codesOfEvery(holder.parent) : [])
    if (found === undefined || said.says(holder)) continue
    const file = declaration.getSourceFile()
    const line = file.getLineAndCharacterOfPosition(declaration.getStart()).line + 1
    const through = found.way.length > 0 ? ` (through ${found.way.join(", ")})` : ""
    problems.push(`${relative(check.root, file.fileName)}:${line} ${name} can throw ${found.what}${through}`)
  }
  return [...problems, ...files.flatMap((file) => unknownCodes(file, check))]
}

/** Where the docstring of a function stands: before the variable or the property that it is kept in. */
function documented(declaration: ts.FunctionLikeDeclaration): ts.Node {
  const { parent } = declaration
  if (ts.isVariableDeclaration(parent)) return parent.parent.parent
  return ts.isPropertyDeclaration(parent) ? parent : declaration
}

/** Something that the function throws and its class does not tell of. */
function uncovered(
  { codes, declared }: Reach,
  everyCodes: readonly string[],
): { what: string; way: Way } | undefined {
  for (const [code, way] of codes) {
    const isCovered = code === "?" ? everyCodes.length > 0 : everyCodes.some((named) => isCodeOf(named, code))
    if (!isCovered) return { what: code === "?" ? "a HomeroomError" : code, way }
  }
  if (declared === undefined || everyCodes.length > 0) return undefined
  return { what: `as ${declared.at(-1) ?? "it"} does`, way: declared }
}

function unknownCodes(file: ts.SourceFile, { root, codes }: DocstringCheck): string[] {
  const docstrings = [...file.text.matchAll(/\/\*\*[\s\S]*?\*\//g)].map(([comment]) =>
    plainDocstring(comment),
  )
  return docstrings
    .flatMap(codesIn)
    .filter((named) => !codes.some((code) => isCodeOf(named, code)))
    .map((named) => `${relative(root, file.fileName)} names ${named}, which is no error code`)
}

/** The exported functions and the public members of exported classes, each once. */
function publicFunctions(program: ts.Program, entries: readonly string[]): Iterable<PublicFunction> {
  const checker = program.getTypeChecker()
  const found = new Map<ts.Node, PublicFunction>()
  for (const entry of entries) {
    const file = program.getSourceFile(entry)
    const module = file && checker.getSymbolAtLocation(file)
    for (const symbol of module ? checker.getExportsOfModule(module) : []) {
      const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
      for (const declaration of target.declarations ?? []) {
        for (const one of functionsOf(symbol.name, declaration)) found.set(one.declaration, one)
      }
    }
  }
  return found.values()
}

function functionsOf(name: string, declaration: ts.Declaration): PublicFunction[] {
  if (ts.isFunctionDeclaration(declaration)) return declaration.body ? [{ name, declaration }] : []
  if (ts.isVariableDeclaration(declaration)) {
    const { initializer } = declaration
    return initializer && ts.isArrowFunction(initializer) ? [{ name, declaration: initializer }] : []
  }
  if (!ts.isClassDeclaration(declaration)) return []
  return declaration.members.flatMap((member) => {
    if (ts.getCombinedModifierFlags(member) & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected))
      return []
    if (member.name && ts.isPrivateIdentifier(member.name)) return []
    const called = ts.isConstructorDeclaration(member) ? nameOf(member) : `${name}.${nameOf(member)}`
    const kept = ts.isPropertyDeclaration(member) ? member.initializer : undefined
    if (kept && ts.isArrowFunction(kept)) return [{ name: called, declaration: kept }]
    if (!ts.isFunctionLike(member) || !("body" in member) || member.body === undefined) return []
    return [{ name: called, declaration: member as ts.FunctionLikeDeclaration }]
  })
}
