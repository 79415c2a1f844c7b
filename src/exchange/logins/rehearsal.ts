import { type Name, type Role, roles, type User } from "../../models/index.ts"
import type { AccountLink, LinkMove, LinkMoved, RosterStorage } from "../../storage/contract.ts"
import type { LoginIdentity } from "./app-accounts.ts"
import type { LoginResolution } from "./login-resolution.ts"

/** Whose login to rehearse. */
export interface RehearsedPerson {
  /** The Clever id of the district. */
  districtId: string
  /** The person's Clever id. */
  cleverId: string
  /** Default Clever. */
  issuer?: string | undefined
}

/** What a login would come to; `at-login` where only the login itself could say: nothing is known of the person. */
export type RehearsedLogin = LoginResolution | { readonly outcome: "at-login" }

/** Somebody as a login through the district would find them, from what the roster keeps of them. */
export function rehearsedIdentity(
  { districtId, cleverId, issuer = "https://clever.com" }: RehearsedPerson,
  user: User | undefined,
): LoginIdentity {
  const { first, middle, last }: Name = user?.name ?? {}
  const own = Object.entries(user?.roles ?? {}).filter(([, role]) => role != null)
  // Of whom the roster does not have, no role is known, and none is to be the reason.
  const all = roles.map((role): [Role, object] => [role, {}])
  return {
    issuer,
    cleverId,
    districtId,
    authorizedBy: "district",
    roles: Object.fromEntries(user === undefined ? all : own),
    legacyIds: own.flatMap(([, role]) => legacyIdOf(role) ?? []),
    name: { first: first ?? null, middle: middle ?? null, last: last ?? null },
    loginSource: "clever",
    ...(user?.email == null ? {} : { email: user.email }),
  }
}

/** The storage, as it is to somebody who only looks: what would be written is answered as if it were. */
export function withoutWrites(storage: RosterStorage): RosterStorage {
  const answers: Pick<RosterStorage, "claimLink" | "moveLink"> = {
    async claimLink(link, { exclusive = false } = {}) {
      const own = await storage.getLink(link)
      if (own !== undefined) return { claimed: false, link: own }
      const [taken] = exclusive ? await storage.listLinks({ accountId: link.accountId, limit: 1 }) : []
      return taken === undefined ? { claimed: true, link } : { claimed: false, link: taken }
    },
    moveLink: (move) => rehearseMove(storage, move),
  }
  return new Proxy(storage, {
    get(target, name) {
      if (Object.hasOwn(answers, name)) return answers[name as keyof typeof answers]
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === "function" ? value.bind(target) : value
    },
  })
}

/** What `moveLink` would answer: see {@link LinkMove}. */
async function rehearseMove(storage: RosterStorage, move: LinkMove): Promise<LinkMoved> {
  const { issuer, cleverId, legacyIds, districtId } = move
  const links: AccountLink[] = []
  for (const id of [cleverId, ...legacyIds].sort()) {
    const link = await storage.getLink({ issuer, cleverId: id })
    if (link !== undefined) links.push(link)
  }
  const own = links.find((link) => link.cleverId === cleverId)
  const [oldest] = links.toSorted((one, other) => (one.linkedAt < other.linkedAt ? -1 : 1))
  const kept = own ?? oldest
  if (kept === undefined) return { state: "none" }
  if (links.some(({ accountId }) => accountId !== kept.accountId)) return { state: "conflict", links }
  const from = links.map((link) => link.cleverId).filter((id) => id !== cleverId)
  return { state: "linked", link: { ...kept, cleverId, districtId: districtId ?? kept.districtId }, from }
}

function legacyIdOf(role: unknown): string | undefined {
  const { legacy_id: id } = role as { legacy_id?: unknown }
  return typeof id === "string" && id !== "" ? id : undefined
}
