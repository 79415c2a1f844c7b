import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { parse } from "yaml"
import { root } from "../../scripts/entries.ts"

interface Step {
  uses?: string
  run?: string
  with?: Record<string, unknown>
}

interface Job {
  needs?: string
  uses?: string
  permissions?: Record<string, string>
  steps?: Step[]
}

interface Workflow {
  on: Record<string, unknown>
  permissions: Record<string, string>
  jobs: Record<string, Job>
}

function read(path: string): { text: string; data: unknown } {
  const text = readFileSync(join(root, path), "utf8")
  return { text, data: parse(text) }
}

function workflow(name: string): Workflow {
  return read(`.github/workflows/${name}.yml`).data as Workflow
}

function commandsOf(job: Job | undefined): string[] {
  return job?.steps?.flatMap(({ run }) => run ?? []) ?? []
}

const workflows = globSync(".github/workflows/*.yml", { cwd: root }).map((path) => ({ path, ...read(path) }))

describe("the workflows", () => {
  test.each(workflows)("$path may read the repository, and a job no more than it needs", ({ data }) => {
    const { permissions, jobs } = data as Workflow
    expect(permissions).toEqual({ contents: "read" })
    const more = Object.entries(jobs).flatMap(([name, { permissions: own = {} }]) =>
      Object.entries(own)
        .filter(([, level]) => level !== "read")
        .map(([what, level]) => `${name}: ${what} ${level}`),
    )
    const allowed = ["publish: id-token write", "announce: contents write"]
    expect(more.filter((one) => !allowed.includes(one))).toEqual([])
  })

  test.each(workflows)("$path knows no secret, and gives no outsider's text to a shell", ({ text, data }) => {
    expect(text).not.toMatch(/secrets\.|pull_request_target/)
    const commands = Object.values((data as Workflow).jobs).flatMap(commandsOf)
    expect(commands.filter((command) => command.includes("${{"))).toEqual([])
  })

  test.each(workflows)(
    "$path uses GitHub's own actions only, keeping no credentials in the clone",
    ({ data }) => {
      const steps = Object.values((data as Workflow).jobs).flatMap((job) => job.steps ?? [])
      for (const { uses, with: settings } of steps) {
        if (uses === undefined) continue
        expect(uses).toMatch(/^actions\/[a-z-]+@(?:v\d+|[0-9a-f]{40})$/)
        if (uses.startsWith("actions/checkout@"))
          expect(settings).toMatchObject({ "persist-credentials": false })
      }
    },
  )

  // The first versions that run on Node 24: GitHub has taken Node 20 from its runners.
  const oldestActions: Record<string, number> = {
    checkout: 5,
    "setup-node": 5,
    "upload-artifact": 6,
    "download-artifact": 7,
  }

  test.each(workflows)("$path uses no action that GitHub has no Node for", ({ data }) => {
    const steps = Object.values((data as Workflow).jobs).flatMap((job) => job.steps ?? [])
    for (const { uses } of steps) {
      const [, name = "", version] = /^actions\/([a-z-]+)@v(\d+)$/.exec(uses ?? "") ?? []
      if (version !== undefined)
        expect(Number(version), uses).toBeGreaterThanOrEqual(oldestActions[name] ?? Infinity)
    }
  })

  test("run all gates for every change", () => {
    const { on, jobs } = workflow("ci")
    expect(Object.keys(on).sort()).toEqual(["pull_request", "push", "workflow_call"])
    expect(commandsOf(jobs.gates)).toContain(".ci/run")
  })

  test("publish only what has passed the gates, from its tag, with provenance", () => {
    const { on, jobs } = workflow("release")
    expect(on).toEqual({ push: { tags: ["v*"] } })
    expect(jobs.gates?.uses).toBe("./.github/workflows/ci.yml")
    expect(jobs.publish?.needs).toBe("gates")
    expect(jobs.announce?.needs).toBe("publish")
    const commands = commandsOf(jobs.publish)
    expect(commands).toContain("npm publish --provenance --access public")
    expect(commands.findIndex((command) => command.startsWith("test "))).toBe(0)
    // A release can't be taken back, so whatever else can fail comes before it.
    expect(jobs.publish?.steps?.at(-1)?.run).toMatch(/^npm publish /)
    // A line for a token in .npmrc would keep npm from asking for the trusted publisher's.
    expect(jobs.publish?.steps?.filter(({ with: settings }) => settings?.["registry-url"])).toEqual([])
    expect(jobs.publish?.permissions).toEqual({ contents: "read", "id-token": "write" })
    const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
      publishConfig: unknown
    }
    expect(manifest.publishConfig).toEqual({ access: "public", provenance: true })
  })
})

describe("the issue templates", () => {
  const templates = globSync(".github/ISSUE_TEMPLATE/*.yml", { cwd: root }).filter(
    (path) => !/config/.test(path),
  )

  test.each(templates)("%s is a form with a name, a description and questions", (path) => {
    const { name, description, body } = read(path).data as {
      name: string
      description: string
      body: { type: string; id?: string }[]
    }
    expect(name && description).toBeTruthy()
    const ids = body.flatMap(({ type, id }) => (type === "markdown" ? [] : [id]))
    expect(ids.length).toBeGreaterThan(0)
    expect(new Set(ids).size).toBe(ids.length)
  })

  test("ask nobody for pupils' data", () => {
    for (const path of templates)
      expect(read(path).text, path).toMatch(/no names, e-mail addresses or tokens/i)
  })
})
