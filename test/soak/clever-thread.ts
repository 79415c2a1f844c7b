/**
 * A simulated Clever in a thread of its own, so that what it remembers is not in the heap that is measured. Takes one
 * question after another; see `SimulatedClever`.
 */
import { parentPort, workerData } from "node:worker_threads"
import { canonicalJson } from "../../src/models/index.ts"
import { kinds } from "../../src/models/kinds.ts"
import { type SimulatedDistrict, startSimulator } from "../../src/simulator/index.ts"
import { passDay, randomFrom } from "../support/random-days.ts"
import type { CleverAnswers, CleverQuestion, CleverSettings } from "./simulated-clever.ts"

const { users, seed, startMs } = workerData as CleverSettings
const simulator = await startSimulator({
  users,
  schools: 1,
  seed,
  rateLimit: 1_000_000,
  now: () => new Date(startMs),
  redirectUris: ["http://localhost/auth/clever/callback"],
})
const [district] = simulator.districts
if (district === undefined || parentPort === null) throw new Error("There is no district to simulate")
const port = parentPort
const random = randomFrom(seed)

/** Which kinds a simulated district has more and more of, and how many of each there are at first. */
const atFirst = new Map(
  (["user", "section", "course", "term"] as const).map((kind) => [kind, district.count(kind)]),
)

/** An ordinary day; about one in twenty is out of the ordinary, and the day after it everything is shared again. */
function day(shared: SimulatedDistrict): CleverAnswers["day"] {
  if (isOutOfTheOrdinary) shared.reshare({ everything: true })
  isOutOfTheOrdinary = random(20) === 0
  if (isOutOfTheOrdinary) passDay(shared, random)
  else shared.nextDay()
  for (const [kind, count] of atFirst) keepSize(shared, kind, count * 1.5)
  simulator.requests.clear()
  return simulator.clock.now().getTime()
}

let isOutOfTheOrdinary = false

/** Years of newcomers must not make another district of it: what is measured is to stay the same. */
function keepSize(
  shared: SimulatedDistrict,
  kind: "user" | "section" | "course" | "term",
  most: number,
): void {
  const store = shared.data.store(kind)
  while (store.ids().length > most) {
    const ids = store.ids()
    shared.remove(kind, ids[random(ids.length)] as string)
  }
}

function roster(): CleverAnswers["roster"] {
  return kinds.flatMap((kind) =>
    (district?.records(kind) ?? []).map(
      (record) => [`${kind} ${String(record.id)}`, canonicalJson(record)] as const,
    ),
  )
}

/** Somebody whom the district shares, and the cookie with which they are logged in at Clever. */
function person(shared: SimulatedDistrict): CleverAnswers["person"] {
  const people = shared.records("user")
  const id = people[random(Math.max(1, people.length))]?.id
  return id === undefined ? null : { id: String(id), cookie: simulator.signIn.logIn(String(id)).cookie }
}

const answers = {
  day: () => day(district),
  roster,
  person: () => person(district),
  close: () => simulator.close(),
}

port.on("message", async (question: CleverQuestion) => {
  port.postMessage(await answers[question]())
  if (question === "close") port.close()
})
const { apiUrl, clientId, clientSecret } = simulator
port.postMessage({
  url: apiUrl,
  clientId,
  clientSecret,
  districtId: district.id,
} satisfies CleverAnswers["open"])
