import type { KillDatabase, SnapshotMaker } from "./kill-database.ts"
import { type Fate, Mortal, type Place } from "./mortal.ts"

/** Where a task works: the database, and the file of an app's tables if it has to do with one. */
export interface Grounds {
  url: string
  appPath: string
}

/** A task that dies in this process. */
export interface MortalTask<Mark> {
  database: KillDatabase
  /** Does it. */
  live(grounds: Grounds, mortal: Mortal): Promise<void>
  /** What to remember of the moment of a death, besides what lies on the grounds. */
  mark(): Mark
  /** New grounds for each time, as they are before it. */
  prepare(): Promise<Grounds>
  /** A database for what a death leaves behind, where there is nothing yet. */
  newUrl(): string
  /** Keeps the file of the app as it lies there, and says where; nothing if there is none. */
  keepApp(path: string): string
}

/** What is left after a death, and how far the task had got. */
export interface Death<Mark> extends Grounds {
  /** Of which place of its kind it died. */
  number: number
  /** False of the last one: it came to its end. */
  wasKilled: boolean
  /** What it said. */
  lines: string[]
  mark: Mark
}

/** Where to let a task die. */
export interface DeathPlaces {
  at: Place
  /** At these of their kind, ascending, as far as there are so many. Default: at each, and then not at all. */
  numbers?: readonly number[]
  /** Of a statement that is torn, how much of it is done: 0 to 1. */
  share?: () => number
}

/**
 * Lets a task die at one place after the other, each time from the beginning, and gives what each death leaves behind.
 * Where a database takes snapshots, one life gives them all.
 */
export function deaths<Mark>(task: MortalTask<Mark>, places: DeathPlaces): AsyncGenerator<Death<Mark>> {
  const { snapshots } = task.database
  return snapshots === undefined ? dyingEachTime(task, places) : livingOn(task, places, snapshots)
}

/** How often a task that does not die passes a place. */
export async function countPlaces<Mark>(task: MortalTask<Mark>, place: Place): Promise<number> {
  const mortal = new Mortal(task.database, { pass: () => false }, () => {})
  await task.live(await task.prepare(), mortal)
  await mortal.close()
  return mortal.counts.get(place) ?? 0
}

async function* livingOn<Mark>(
  task: MortalTask<Mark>,
  { at, numbers, share = () => 0.5 }: DeathPlaces,
  snapshots: SnapshotMaker,
): AsyncGenerator<Death<Mark>> {
  const grounds = await task.prepare()
  const lines: string[] = []
  const left: Death<Mark>[] = []
  const keep = (number: number, make: (url: string) => void): void => {
    const url = task.newUrl()
    make(url)
    const appPath = task.keepApp(grounds.appPath)
    left.push({ url, appPath, number, wasKilled: true, lines: [...lines], mark: task.mark() })
  }
  const take = (url: string) => snapshots.take(grounds.url, url)
  const isWanted = (number: number) => numbers?.includes(number) ?? true
  let before: string | undefined
  const fate: Fate = {
    pass(place, number) {
      if (at === "in-statement" && place === "statement" && isWanted(number)) {
        before = task.newUrl()
        take(before)
      }
      if (place === at && at !== "in-statement" && isWanted(number)) keep(number, take)
      return false
    },
    passed(number) {
      const old = before
      if (old === undefined) return
      before = undefined
      const now = task.newUrl()
      take(now)
      keep(number, (url) => snapshots.tear(old, now, url, share()))
    },
  }
  const mortal = new Mortal(task.database, fate, (line) => void lines.push(line))
  await task.live(grounds, mortal)
  await mortal.close()
  yield* left
  const number = (mortal.counts.get(at) ?? 0) + 1
  if (numbers === undefined) yield { ...grounds, number, wasKilled: false, lines, mark: task.mark() }
}

async function* dyingEachTime<Mark>(
  task: MortalTask<Mark>,
  { at, numbers }: DeathPlaces,
): AsyncGenerator<Death<Mark>> {
  for (let time = 0; ; time++) {
    const number = numbers === undefined ? time + 1 : numbers[time]
    if (number === undefined) return
    const death = await dieAt(task, at, number)
    if (death.wasKilled || numbers === undefined) yield death
    if (!death.wasKilled) return
  }
}

async function dieAt<Mark>(task: MortalTask<Mark>, at: Place, number: number): Promise<Death<Mark>> {
  const grounds = await task.prepare()
  const lines: string[] = []
  const make = (changed: Partial<Death<Mark>>): Death<Mark> => {
    return { ...grounds, number, wasKilled: false, lines: [...lines], mark: task.mark(), ...changed }
  }
  let mortal: Mortal | undefined
  const death = await new Promise<Death<Mark>>((resolve, reject) => {
    let isDead = false
    const fate: Fate = {
      pass(place, passed) {
        if (isDead || place !== at || passed !== number) return isDead
        isDead = true
        const appPath = task.keepApp(grounds.appPath)
        mortal?.die()
        resolve(make({ appPath, wasKilled: true }))
        return true
      },
    }
    mortal = new Mortal(task.database, fate, (line) => void lines.push(line))
    // What fails in a task that is dead comes too late to be heard of.
    task.live(grounds, mortal).then(() => resolve(make({})), reject)
  })
  await mortal?.close()
  return death
}
