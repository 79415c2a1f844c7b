import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import { checkBuiltSite } from "../../site/check-built.ts"

function siteOf(pages: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), "homeroom-site-"))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(join(folder, "a"))
  for (const [name, html] of Object.entries(pages)) writeFileSync(join(folder, name), html)
  return folder
}

test("links to pages, files and anchors that are there are in order", () => {
  const folder = siteOf({
    "index.html":
      '<a href="/base/a/b.html#x">b</a> <a href="a/b.html">b</a> <a href="#top">t</a> <h1 id="top">',
    "a/b.html":
      '<h2 id="x"></h2><a href="/base/">home</a><script src="/base/s.js"></script><a href="mailto:x">m</a>',
    "s.js": "",
  })
  expect(checkBuiltSite(folder, "/base/")).toEqual([])
})

test("links that lead nowhere, and what is loaded from elsewhere, are told of", () => {
  const folder = siteOf({
    "index.html":
      '<a href="/a/b.html#y">b</a><a href="/c.html">c</a><link href="https://fonts.example/f.css">',
    "a/b.html":
      '<h2 id="x"></h2><img src="//pictures.example/p.png"><a href="https://elsewhere.example">e</a>',
  })
  expect(checkBuiltSite(folder, "/").sort()).toEqual([
    "a/b.html loads //pictures.example/p.png",
    "index.html has a link that leads nowhere: /a/b.html#y",
    "index.html has a link that leads nowhere: /c.html",
    "index.html loads https://fonts.example/f.css",
  ])
})
