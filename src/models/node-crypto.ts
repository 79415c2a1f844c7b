let loaded: typeof import("node:crypto") | undefined

/**
 * Node's own `node:crypto`, loaded with the first call: to load it takes as long as a third of all else that
 * `import "homeroom"` does.
 */
export function nodeCrypto(): typeof import("node:crypto") {
  loaded ??= process.getBuiltinModule("node:crypto")
  return loaded
}
