import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { manifest, root } from "../../scripts/entries.ts"
import { noticesPath, renderNotices } from "../../scripts/notices.ts"
import { runTimePackages } from "../../scripts/run-time.ts"

/** Licences that ask for nothing but their notice. */
const allowed = ["0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT"]

const page = readFileSync(join(root, "docs/package.md"), "utf8")

/** The packages that docs/package.md gives a reason for, and what they bring. */
function listedPackages(): { name: string; brings: string[] }[] {
  const rows = page.matchAll(/^\| `([^`]+)` \| ((?:`[^`]+`(?:, )?)*) ?\| \w[^|]+\|$/gm)
  return [...rows].map(([, name = "", brings = ""]) => ({
    name,
    brings: [...brings.matchAll(/`([^`]+)`/g)].map(([, brought = ""]) => brought),
  }))
}

describe("what is installed with the package", () => {
  test("is listed in docs/package.md with the reason, dependency by dependency", () => {
    expect(listedPackages().map(({ name }) => name)).toEqual(Object.keys(manifest.dependencies).sort())
    const listed = listedPackages().flatMap(({ name, brings }) => [name, ...brings])
    expect(runTimePackages().map(({ name }) => name)).toEqual(listed.sort())
  })

  test("is under licences that ask for nothing but their notice", () => {
    expect(runTimePackages().filter(({ license }) => !allowed.includes(license))).toEqual([])
  })

  test("has its notices in THIRD_PARTY_NOTICES.md (npm run notices)", () => {
    expect(readFileSync(noticesPath, "utf8")).toBe(renderNotices())
  })

  test("may not come without a licence file", () => {
    const bare = { name: "bare", version: "1.0.0", license: "MIT", path: "src" }
    expect(() => renderNotices([bare])).toThrow("bare has no licence file")
  })

  test("is in the bill of materials, in the version that is installed, with its licence", () => {
    const output = execFileSync(process.execPath, ["scripts/sbom.ts"], { cwd: root, encoding: "utf8" })
    const bill = JSON.parse(output) as {
      bomFormat: string
      metadata: { component: { name: string; version: string } }
      components: { name: string; version: string; licenses: { license: { id: string } }[] }[]
    }
    expect(bill.bomFormat).toBe("CycloneDX")
    expect(bill.metadata.component).toMatchObject({ name: manifest.name, version: manifest.version })
    const parts = bill.components.map(({ name, version, licenses }) => ({
      name,
      version,
      license: licenses[0]?.license.id,
    }))
    expect(parts).toEqual(runTimePackages().map(({ name, version, license }) => ({ name, version, license })))
  })
})
