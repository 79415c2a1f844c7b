/**
 * A simulated Clever in a thread of its own, so that what it remembers is not in the heap that is measured. Takes one
 * question after another; see `SimulatedClever`.
 */
import { parentPort, workerData } from "node:worker_threads"
import { canonicalJson } from "../../src/models/index.ts"
import { kinds } from "../../src/models/kinds.ts"
import { startSimulator } from "../../src/simulator/index.ts"
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

/** An ordinary day; about one in twenty is out of the ordinary. */
function day(): CleverAnswers["day"] {
  if (random(20) === 0) passDay(district as NonNullable<typeof district>, random)
  else district?.nextDay()
  simulator.requests.clear()
  return simulator.clock.now().getTime()
}

function roster(): CleverAnswers["roster"] {
  return kinds.flatMap((kind) =>
    (district?.records(kind) ?? []).map(
      (record) => [`${kind} ${String(record.id)}`, canonicalJson(record)] as const,
    ),
  )
}

/** The cookie with which somebody is logged in at Clever. */
function person(): CleverAnswers["person"] {
  const people = district?.people ?? []
  const { id } = people[random(people.length)] ?? {}
  return id === undefined ? null : { id, cookie: simulator.signIn.logIn(id).cookie }
}

const answers = { day, roster, person, close: () => simulator.close() }

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
