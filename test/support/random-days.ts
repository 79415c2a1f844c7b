import type { SimulatedDistrict } from "../../src/simulator/index.ts"

/** A little generator of its own, so that a day's events follow from the seed alone. */
export function randomFrom(start: number): (below: number) => number {
  let state = start >>> 0
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

/** One random day of a district: mostly ordinary, sometimes one of the things that happen once a year. */
export function passDay(district: SimulatedDistrict, random: (below: number) => number): void {
  const some = (kind: "user" | "section" | "school") => {
    const ids = district.data.store(kind).ids()
    return ids.length === 0 ? [] : [ids[random(ids.length)] as string]
  }
  district.nextDay({ intensity: random(4) })
  const event = random(14)
  if (event === 0) district.unshare({ ids: [...some("user"), ...some("user"), ...some("section")] })
  if (event === 1) district.unshare({ schools: some("school") })
  if (event === 2) district.unshare({ roles: ["contact"] })
  if (event === 3) district.unshare({ fields: { user: ["roles.student.dob", "email"] } })
  if (event === 4) district.unshare({ everything: true })
  if (event === 5 || event === 6) district.reshare({ everything: true })
  if (event === 7) district.reissueIds({ ids: [...some("user"), ...some("user")] })
  if (event === 8) district.rollover({ mode: random(2) === 0 ? "replace" : "reuse" })
  if (event === 9) for (const id of some("user")) district.remove("user", id)
}
