import type { SimulatedDistrict } from "../district/simulated-district.ts"

/** What a district is called now: its record may have been edited. */
export function districtName(district: SimulatedDistrict): string {
  const name = district.data.get("district", district.id)?.name
  return typeof name === "string" ? name : district.name
}
