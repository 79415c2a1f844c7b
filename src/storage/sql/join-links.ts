import type { AccountLink, LinkMove, LinkMoved } from "../contract.ts"

/** What becomes of the links that stand under any of a person's ids, in ascending id: see `LinkMove`. */
export function joinLinks(links: readonly AccountLink[], { cleverId, districtId }: LinkMove): LinkMoved {
  const [first] = links
  if (first === undefined) return { state: "none" }
  const accounts = new Set(links.map((link) => link.accountId))
  const districts = new Set([districtId, ...links.map((link) => link.districtId)])
  districts.delete(null)
  if (accounts.size > 1 || districts.size > 1) return { state: "conflict", links }
  const oldest = links.reduce((oldest, link) => (link.linkedAt < oldest.linkedAt ? link : oldest), first)
  const kept = links.find((link) => link.cleverId === cleverId) ?? oldest
  const from = links.map((link) => link.cleverId).filter((id) => id !== cleverId)
  return { state: "linked", link: { ...kept, cleverId, districtId: districtId ?? kept.districtId }, from }
}
