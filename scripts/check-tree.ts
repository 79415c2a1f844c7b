/**
 * Reads every file of the work tree (tracked, or new and not ignored) for what must never be in it: addresses
 * of package registries, paths of one person's machine, switched-off tests and work left undone.
 * Also checks that the lockfile holds no download address and lacks no platform.
 */
import { readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { type Lockfile, missingEntries } from "./complete-lockfile.ts"
import { root } from "./entries.ts"
import { run } from "./run.ts"

const largestFile = 4 * 1024 * 1024
const code = /^(?:src|test|bench|examples|scripts)\//

interface Rule {
  what: string
  pattern: RegExp
  in?: RegExp
}

/** The registry this machine installs from must not be named, whatever it is called. */
function registryHosts(): string[] {
  const address = run("npm", ["config", "get", "registry"], { capture: true }).trim()
  const host = URL.parse(address)?.host
  return host ? [host.replaceAll(".", "\\.")] : []
}

// Written with character classes so that these lines do not match themselves.
const rules: readonly Rule[] = [
  {
    what: "the address of a package registry",
    pattern: new RegExp(["\\bregistr[y]\\.[a-z0-9-]+\\.[a-z]+", ...registryHosts()].join("|"), "i"),
  },
  {
    what: "a path outside the project",
    pattern: /\/(?:wor[k]|roo[t]|far[m])\/|\/\.librar[y]\b|\/hom[e]\/[a-z]|\/User[s]\/[a-z]/,
  },
  { what: "work left undone", pattern: /\b(?:TOD[O]|FIXM[E]|XX[X])\b|not implemente[d]/, in: code },
  {
    // A test may still skip itself at run time with a reason: `context.skip("no server")`.
    what: "a switched-off test",
    pattern: /\b(?:describe|it|suite|test)(?:\.\w+)*\.(?:ski[p]|onl[y]|tod[o])\b/,
    in: code,
  },
]

const files = run("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], { capture: true })
const findings: string[] = []

for (const file of new Set(files.split("\0").filter(Boolean))) {
  const stat = statSync(join(root, file), { throwIfNoEntry: false })
  if (!stat?.isFile() || stat.size > largestFile) continue
  const text = readFileSync(join(root, file), "utf8")
  if (text.includes("\0")) continue
  const applying = rules.filter((rule) => rule.in === undefined || rule.in.test(file))
  for (const [index, line] of text.split("\n").entries()) {
    for (const rule of applying) {
      if (rule.pattern.test(line))
        findings.push(`${file}:${index + 1}: ${rule.what}: ${line.trim().slice(0, 120)}`)
    }
  }
}

const lockfile = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as Lockfile
for (const [path, entry] of Object.entries(lockfile.packages)) {
  if (entry.resolved !== undefined) findings.push(`package-lock.json: ${path} has a download address`)
}
for (const path of missingEntries(lockfile).keys()) {
  findings.push(`package-lock.json: ${path} is missing: npm run lockfile`)
}

for (const finding of findings) console.error(finding)
process.exitCode = findings.length === 0 ? 0 : 1
