import { readFileSync } from "node:fs"
import { expect, test } from "vitest"
import { cruiseSources, drawRooms, readRooms, roomsPicturePath } from "../../scripts/draw-rooms.ts"

test("docs/pictures/rooms.svg shows the imports as they are (npm run docs:rooms)", async () => {
  expect(await drawRooms(readRooms(cruiseSources()))).toBe(readFileSync(roomsPicturePath, "utf8"))
})

test("a room that imports another one is drawn with a line to it", async () => {
  const cruised = {
    modules: [
      { source: "src/one/a.ts", dependencies: [{ resolved: "src/two/b.ts" }, { resolved: "src/one/c.ts" }] },
      { source: "src/two/b.ts", dependencies: [{ resolved: "node_modules/zod/index.js" }] },
      { source: "src/storage/contract.ts", dependencies: [] },
    ],
  }
  const rooms = readRooms(cruised)
  expect(rooms).toEqual(
    new Map([
      ["one", new Set(["two"])],
      ["two", new Set()],
      ["storage/contract", new Set()],
    ]),
  )
  const svg = await drawRooms(rooms)
  const titles = [...svg.matchAll(/<title>([^<]+)<\/title>/g)].map(([, title]) => title)
  expect(titles.sort()).toEqual(["one", "one&#45;&gt;two", "storage/contract", "two"])
})
