import assert from "node:assert/strict"
import { readEvents } from "../../../src/clever/events.ts"
import { PageScanner } from "../../../src/clever/page-scanner.ts"
import type { FeedEvent } from "../../../src/models/index.ts"
import { bytes, type Fuzzer, text } from "../engine/fuzzer.ts"
import { outcome } from "../engine/outcome.ts"
import { encoded, isObject, jsonWords } from "../support/json-inputs.ts"
import { eventPage } from "../support/page-inputs.ts"

function read(input: Uint8Array): { events: readonly FeedEvent[]; texts: string[] } {
  const { ids, starts, ends, count, next } = new PageScanner().scan(input, input.length)
  const { events } = readEvents({ body: input, ids, starts, ends, count, next })
  const texts = Array.from({ length: count }, (_, at) => text(input.subarray(starts[at], ends[at])))
  return { events, texts }
}

export const events: Fuzzer = {
  name: "events",
  inputs: encoded(eventPage),
  words: [...jsonWords, '"object":{}', '"type":"users.updated"', '"created":"2026-09-01T06:00:00.000Z"'],
  properties: {
    "reads of an event what JSON.parse reads, or refuses the page": (input) => {
      const { value } = outcome(() => read(input))
      if (value === undefined) return
      for (const [at, event] of value.events.entries()) {
        const { type, created, data } = JSON.parse(value.texts[at] ?? "") as Record<string, unknown>
        assert.ok(/^[\w-]{1,64}$/.test(event.id))
        assert.equal(event.type, typeof type === "string" ? type : "")
        assert.equal(event.created, typeof created === "string" ? created : undefined)
        const object = isObject(data) && isObject(data.object) ? data.object : undefined
        assert.deepEqual(event.object === undefined ? undefined : JSON.parse(event.object), object)
      }
    },
    "takes every event of a page, or none": (input) => {
      const { value } = outcome(() => read(input))
      if (value !== undefined) assert.equal(value.events.length, value.texts.length)
    },
  },
  growing: {
    "many events": (size) => bytes(`{"data":[${'{"id":"a"},'.repeat(size / 11)}{"id":"a"}]}`),
    "one long record": (size) =>
      bytes(`{"data":[{"id":"a","data":{"object":{${'"k":[],'.repeat(size / 7)}"k":1}}}]}`),
    "many objects": (size) =>
      bytes(`{"data":[{"id":"a","data":{${'"object":{},'.repeat(size / 12)}"a":1}}]}`),
    "many data": (size) => bytes(`{"data":[{"id":"a",${'"data":{"object":{}},'.repeat(size / 21)}"a":1}]}`),
  },
}
