import { readFileSync } from "node:fs"
import type nock from "nock"
import { describe, expect, expectTypeOf, it } from "vitest"
import { parse } from "yaml"
import type { RejectedRecord } from "../../src/clever/index.ts"
import { listPaths } from "../../src/clever/list-paths.ts"
import { relations } from "../../src/clever/relations.ts"
import type { School, User } from "../../src/models/index.ts"
import {
  certificationAnswers,
  cleverFolder,
  hasDefinitions,
  hasRecordings,
  readRecording,
} from "../models/recordings.ts"
import { api, collect, districtId, failure, idOf, testClient, token, useNock } from "./harness.ts"

useNock()

const page = (...records: object[]) => ({ data: records.map((data) => ({ data })), links: [] })
const record = (number: number) => ({ id: idOf(number), district: districtId })

describe("typed lists", () => {
  it("of every kind", async () => {
    const { client } = testClient({ districtToken: token, pageSize: 50 })
    for (const list of ["schools", "terms", "courses", "users", "sections", "resources"] as const) {
      api()
        .get(`/v3.1/${list}?limit=50`)
        .reply(200, page(record(1), record(2)))
      expect(await collect<{ id: string }>(client[list]({ districtId }))).toEqual([record(1), record(2)])
    }
    api()
      .get("/v3.1/districts?limit=50")
      .reply(200, page({ id: districtId, name: "D" }))
    expect(await collect(client.districts({ districtId }))).toEqual([{ id: districtId, name: "D" }])
  })

  it("of users with one role", async () => {
    api()
      .get("/v3.1/users?role=district_admin&limit=10000")
      .reply(200, page(record(1)))
    expect(await collect(testClient().client.users({ districtId, role: "district_admin" }))).toHaveLength(1)
  })

  it("S8 of resources, recorded without `data`", async () => {
    api().get("/v3.1/resources?limit=10000").reply(200, '{"resources": []}')
    expect(await collect(testClient().client.resources({ districtId }))).toEqual([])
    api().get("/v3.1/users?limit=10000").reply(200, '{"resources": []}')
    await failure(
      collect(testClient({ districtToken: token, maxRetries: 0 }).client.users({ districtId })),
      "CLEVER_BODY_INVALID",
    )
  })

  it("S9 leave out a bad record and tell of it", async () => {
    api()
      .get("/v3.1/users?limit=10000")
      .reply(
        200,
        page(record(1), { ...record(2), name: "Bob" }, { id: idOf(3), district: idOf(9) }, record(4)),
      )
    const rejected: RejectedRecord[] = []
    const users = await collect(
      testClient().client.users({ districtId, onRejected: (one) => rejected.push(one) }),
    )
    expect(users.map(({ id }) => id)).toEqual([idOf(1), idOf(4)])
    expect(rejected).toEqual([
      { kind: "user", id: idOf(2), reason: "type: expected object", path: "name" },
      { kind: "user", id: idOf(3), reason: "district-mismatch", path: "district" },
    ])
  })

  it("S9 throw at a bad record if nobody is to be told", async () => {
    api()
      .get("/v3.1/users?limit=10000")
      .reply(200, page({ ...record(2), name: "Bob" }))
    const error = await failure(collect(testClient().client.users({ districtId })), "CLEVER_BODY_INVALID")
    expect(error.details).toEqual({
      kind: "user",
      id: idOf(2),
      reason: "type: expected object",
      path: "name",
    })
    expect(JSON.stringify(error)).not.toContain("Bob")
  })
})

describe("single records", () => {
  it("of every kind, wrapped or not", async () => {
    const { client } = testClient()
    for (const kind of ["school", "term", "course", "user", "section", "resource"] as const) {
      api()
        .get(`/v3.1/${kind}s/${idOf(1)}`)
        .reply(200, { data: record(1), links: [] })
      expect(await client[kind]({ districtId, id: idOf(1) })).toEqual(record(1))
      api()
        .get(`/v3.1/${kind}s/${idOf(1)}`)
        .reply(200, record(1))
      expect(await client[kind]({ districtId, id: idOf(1) })).toEqual(record(1))
    }
    api()
      .get(`/v3.1/districts/${districtId}`)
      .reply(200, { data: { id: districtId } })
    expect(await client.district({ districtId, id: districtId })).toEqual({ id: districtId })
  })

  it("of another form are refused", async () => {
    const { client } = testClient({ districtToken: token, maxRetries: 0 })
    for (const body of [
      "null",
      "5",
      "[]",
      "{}",
      '{"data":null}',
      `{"data":{"id":"${idOf(1)}","district":"x"}}`,
      "<html>",
    ]) {
      api()
        .get(`/v3.1/users/${idOf(1)}`)
        .reply(200, body)
      await failure(client.user({ districtId, id: idOf(1) }), "CLEVER_BODY_INVALID")
    }
  })

  it("are asked for by ids alone", async () => {
    const { client } = testClient()
    for (const id of ["", "..", "a/b", "a?b", "a b", "%2e%2e"]) {
      await failure(client.user({ districtId, id }), "INVALID_OPTIONS")
    }
    expect(client.requestCount).toBe(0)
  })
})

describe("relations", () => {
  it("that are lists", async () => {
    const { client } = testClient()
    api()
      .get(`/v3.1/schools/${idOf(1)}/users?role=student&primary=true&limit=10000`)
      .reply(200, page(record(2)))
    const users = client.related({
      of: "school",
      id: idOf(1),
      relation: "users",
      districtId,
      role: "student",
      primary: true,
    })
    expectTypeOf(users).toEqualTypeOf<AsyncGenerator<User, void, void>>()
    expect(await collect(users)).toEqual([record(2)])
    api()
      .get(`/v3.1/users/${idOf(1)}/mycontacts?limit=5`)
      .reply(200, page(record(3)))
    const contacts = client.related({
      of: "user",
      id: idOf(1),
      relation: "mycontacts",
      districtId,
      pageSize: 5,
    })
    expect(await collect(contacts)).toEqual([record(3)])
  })

  it("that are one record", async () => {
    api()
      .get(`/v3.1/sections/${idOf(1)}/school`)
      .reply(200, { data: record(2) })
    const school = testClient().client.relatedOne({
      of: "section",
      id: idOf(1),
      relation: "school",
      districtId,
    })
    expectTypeOf(school).toEqualTypeOf<Promise<School>>()
    expect(await school).toEqual(record(2))
  })

  it("that do not exist are refused", async () => {
    const { client } = testClient()
    for (const relation of ["terms", "toString", "__proto__"]) {
      const ask = () =>
        client.related({ of: "user", id: idOf(1), relation: relation as "sections", districtId })
      await failure(ask, "INVALID_OPTIONS")
    }
  })

  it("are all that Clever defines", (context) => {
    if (!hasDefinitions) context.skip("Clever's definitions are not beside this project")
    const { paths } = parse(readFileSync(`${cleverFolder}openapi/v3.1.yml`, "utf8")) as {
      paths: Record<string, { get: { responses: { 200: { schema: { $ref: string } } } } }>
    }
    const defined: string[] = []
    for (const [path, { get }] of Object.entries(paths)) {
      const answer = get.responses[200].schema.$ref
        .split("/")
        .at(-1)
        ?.replace(/s?Response$/, "")
        .toLowerCase()
      if (path.split("/").length === 4) defined.push(`${path} ${answer}`)
      else expect(Object.values(listPaths)).toContain(`/${path.split("/")[1]}`)
    }
    const ours = Object.entries(relations).flatMap(([of, names]) =>
      Object.entries(names).map(([name, kind]) => `${listPaths[of as "user"]}/{id}/${name} ${kind}`),
    )
    expect(ours.sort()).toEqual(defined.sort())
  })
})

describe("the recorded districts", () => {
  it("come whole", async (context) => {
    if (!hasRecordings) context.skip("the recordings are not beside this project")
    const { client } = testClient({ districtToken: token, apiVersion: "v3.0" })
    for (const [list, count] of [
      ["users", 2_098],
      ["sections", 378],
      ["districts", 1],
    ] as const) {
      const text = readRecording(`demo-district/v3.0-${list}.json`)
      api()
        .get(`/v3.0/${list}?limit=10000`)
        .reply(200, text, { "content-type": "application/json; charset=utf-8" })
      const records = await collect<object>(client[list]({ districtId }))
      expect(records).toHaveLength(count)
      expect(records).toEqual((JSON.parse(text) as { data: { data: object }[] }).data.map(({ data }) => data))
    }
    const users = readRecording("demo-district/v3.0-users.json")
    for (const [role, count] of [
      ["student", 1_004],
      ["teacher", 89],
      ["district_admin", 3],
      ["contact", 1_002],
    ] as const) {
      api().get(`/v3.0/users?role=${role}&limit=10000`).reply(200, users)
      let found = 0
      for await (const user of client.users({ districtId, role })) if (user.roles?.[role]) found++
      expect(found).toBe(count)
    }
  })

  it("follow the recorded links", async (context) => {
    if (!hasRecordings) context.skip("the recordings are not beside this project")
    const answers = certificationAnswers().filter(
      ({ url, status }) => url.includes("/v3.0/courses") && status === 200,
    )
    expect(answers).toHaveLength(2)
    api()
      .get("/v3.0/courses?limit=100")
      .reply(200, answers[0]?.body as nock.Body, answers[0]?.headers)
    api()
      .get("/v3.0/courses?starting_after=5970d4dd35e9e697410001e7")
      .reply(200, answers[1]?.body as nock.Body, answers[1]?.headers)
    api().get("/v3.0/courses?starting_after=5970d4de35e9e69741000282").reply(200, page())
    const { client } = testClient({
      districtToken: token,
      apiVersion: "v3.0",
      pageSize: 100,
      clock: () => 1_682_376_500_000,
    })
    const courses = await collect(client.courses({ districtId: "58da8a43cc70ab00017a1a87" }))
    expect(courses).toHaveLength(200)
    expect(new Set(courses.map(({ id }) => id)).size).toBe(200)
  })
})
