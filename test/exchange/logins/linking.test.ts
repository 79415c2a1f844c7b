import { describe, expect, it } from "vitest"
import type { LinkProof, LoginIdentity } from "../../../src/entries/accounts.ts"
import { codeOf, storageNames } from "../../support/roster-world.ts"
import { identityOf, issuer, LoginWorld, libraryIdentity } from "./login-world.ts"

function proofOf(
  world: LoginWorld,
  identity: LoginIdentity,
  accountId: string,
  ageMs = 0,
): Extract<LinkProof, { kind: "clever-login" }> {
  const at = new Date(world.roster.now() - ageMs).toISOString()
  return { kind: "clever-login", accountId, issuer: identity.issuer, cleverId: identity.cleverId, at }
}

describe.each(storageNames)("linking an account on proof, on %s", (storage) => {
  it("links an identity to an account, for good and once", async () => {
    const world = await LoginWorld.start({ storage })
    const identity = identityOf(world.someone("teacher"))
    const resolver = world.resolver()
    const request = { identity, accountId: "a1", proof: proofOf(world, identity, "a1") }
    const link = await resolver.linkAccount(request)
    expect(link).toMatchObject({
      issuer,
      cleverId: identity.cleverId,
      accountId: "a1",
      districtId: world.districtId,
      linkedBy: "proof:clever-login",
    })
    expect(await resolver.linkAccount(request)).toEqual(link)
    expect(await resolver.resolveLogin(identity)).toMatchObject({ outcome: "linked", accountId: "a1", link })
    expect(world.audited).toMatchObject([{ type: "link", accountId: "a1", by: "proof:clever-login" }])
  })

  it("takes a password, and a Library identity", async () => {
    const world = await LoginWorld.start({ storage })
    const identity = libraryIdentity(world.someone("teacher"))
    const proof: LinkProof = {
      kind: "password",
      accountId: "a1",
      at: new Date(world.roster.now()).toISOString(),
    }
    const by = "support\r\n\u001b[31mforged entry"
    expect(await world.resolver().linkAccount({ identity, accountId: "a1", proof, by })).toMatchObject({
      districtId: null,
      linkedBy: "support???[31mforged entry",
    })
  })

  it.each([
    ["of another account", (proof: LinkProof) => ({ ...proof, accountId: "a2" })],
    ["of another person", (proof: LinkProof) => ({ ...proof, cleverId: "somebody" })],
    ["of another issuer", (proof: LinkProof) => ({ ...proof, issuer: "https://clever.example" })],
    ["older than ten minutes", (proof: LinkProof) => ({ ...proof, at: shifted(proof, -600_001) })],
    ["from the future", (proof: LinkProof) => ({ ...proof, at: shifted(proof, 1) })],
    ["without a time", (proof: LinkProof) => ({ ...proof, at: "" })],
    ["of no known kind", (proof: LinkProof) => ({ ...proof, kind: "e-mail" })],
  ])("refuses a proof %s, and changes nothing", async (_, alter) => {
    const world = await LoginWorld.start({ storage })
    const identity = identityOf(world.someone("teacher"))
    const proof = alter(proofOf(world, identity, "a1")) as LinkProof
    const resolver = world.resolver()
    expect(await codeOf(resolver.linkAccount({ identity, accountId: "a1", proof }))).toBe(
      "LINK_PROOF_INVALID",
    )
    expect(await world.storage.listLinks({ limit: 10 })).toEqual([])
    expect(world.audited).toEqual([])
  })

  it("takes a proof that is just ten minutes old", async () => {
    const world = await LoginWorld.start({ storage })
    const identity = identityOf(world.someone("teacher"))
    const proof = proofOf(world, identity, "a1", 600_000)
    expect(await world.resolver().linkAccount({ identity, accountId: "a1", proof })).toMatchObject({
      accountId: "a1",
    })
  })

  it("refuses to link an identity, or an older id of it, to a second account", async () => {
    const world = await LoginWorld.start({ storage })
    const user = world.someone("staff")
    const identity = identityOf(user)
    const resolver = world.resolver()
    const link = (accountId: string) =>
      codeOf(resolver.linkAccount({ identity, accountId, proof: proofOf(world, identity, accountId) }))
    const old = {
      issuer,
      cleverId: String(identity.legacyIds[0]),
      accountId: "a1",
      districtId: null,
      linkedAt: "2024-08-01T00:00:00.000Z",
      linkedBy: "v2",
    }
    await world.storage.claimLink(old)
    expect(await link("a2")).toBe("LINK_CONFLICT")
    expect(await link("a1")).toMatchObject({ cleverId: user.id, accountId: "a1" })
    expect(await link("a2")).toBe("LINK_CONFLICT")
    await world.storage.claimLink({ ...old, accountId: "a2" })
    expect(await link("a1")).toBe("LINK_CONFLICT")
  })

  it("gives an account a second identity only if the app says so: a teacher who is a parent", async () => {
    const world = await LoginWorld.start({ storage })
    const resolver = world.resolver()
    const [teacher, contact] = [identityOf(world.someone("teacher")), identityOf(world.someone("contact"))]
    const link = (identity: LoginIdentity, shared?: boolean) =>
      codeOf(
        resolver.linkAccount({
          identity,
          accountId: "a1",
          proof: proofOf(world, identity, "a1"),
          ...(shared === undefined ? {} : { shared }),
        }),
      )
    await link(teacher)
    expect(await link(contact)).toBe("LINK_CONFLICT")
    expect(await link(contact, true)).toMatchObject({ cleverId: contact.cleverId, accountId: "a1" })
    expect(await world.storage.listLinks({ accountId: "a1", limit: 10 })).toHaveLength(2)
    for (const identity of [teacher, contact]) {
      expect(await resolver.resolveLogin(identity)).toMatchObject({ outcome: "linked", accountId: "a1" })
    }
  })

  it("removes a link, ends its sessions, and tells who did it", async () => {
    const world = await LoginWorld.start({ storage })
    const user = world.someone("teacher", "sis_id")
    world.account("a1", user, "teacher", "sis_id")
    const resolver = world.resolver()
    await resolver.resolveLogin(identityOf(user))
    const key = { issuer, cleverId: user.id }
    expect(await resolver.unlinkAccount({ ...key, by: "admin-7" })).toBe(true)
    expect(await resolver.unlinkAccount({ ...key, by: "admin-7" })).toBe(false)
    const [epoch] = await world.storage.getSessionEpochs([`user:${issuer}:${user.id}`])
    expect(epoch).toBe(world.roster.now())
    expect(world.audited.at(-1)).toMatchObject({ type: "unlink", accountId: "a1", by: "admin-7" })
    expect(await world.storage.listLinks({ limit: 10 })).toEqual([])
  })

  it("R56 audit events hold no name and no address, and can't forge a line of a log", async () => {
    const world = await LoginWorld.start({ storage })
    const user = world.someone("teacher", "sis_id", "email")
    const account = world.account(
      "a1\r\n2026-01-01 link admin\u001b[2K\u2028\u202e",
      user,
      "teacher",
      "sis_id",
    )
    const resolver = world.resolver()
    await resolver.resolveLogin(identityOf(user, { email: user.email ?? null }))
    await resolver.unlinkAccount({ issuer, cleverId: user.id, by: `${"x".repeat(300)}\n` })
    await resolver.revokeUserSessions({ issuer, cleverId: user.id })
    await resolver.forgetUser({ issuer, cleverId: user.id })
    await resolver.forgetDistrict(world.districtId)
    const text = JSON.stringify(world.audited)
    expect(world.audited.map(({ type }) => type)).toEqual(["link", "unlink", "revoke", "erase", "erase"])
    for (const word of [user.email, user.name?.last, user.name?.first, user.roles?.teacher?.sis_id]) {
      if (word && word.length > 2) expect(text).not.toContain(word)
    }
    for (const event of world.audited) {
      for (const value of Object.values(event)) {
        if (typeof value === "string") expect(value).toMatch(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]{0,201}$/u)
      }
    }
    // The account itself keeps the id that the app gave it.
    expect(account.id).toContain("\n")
  })

  it("does as it is told although the listener throws", async () => {
    const world = await LoginWorld.start({ storage })
    const identity = identityOf(world.someone("teacher"))
    const resolver = world.resolver({
      onAudit: () => {
        throw new Error("the log is full")
      },
    })
    const proof = proofOf(world, identity, "a1")
    expect(await resolver.linkAccount({ identity, accountId: "a1", proof })).toMatchObject({
      accountId: "a1",
    })
  })
})

function shifted(proof: LinkProof, ms: number): string {
  return new Date(Date.parse(proof.at) + ms).toISOString()
}

describe.each(storageNames)("R11 e-mail addresses and accounts, on %s", (storage) => {
  const email = "somebody@d.example"
  const modes = ["sso", "sso+provisioning"] as const

  async function worldWith(mode: (typeof modes)[number], emailVerified: boolean) {
    const world = await LoginWorld.start({ storage, mode })
    world.accounts.accounts.push({ id: "a1", fields: { email }, emailVerified })
    return { world, user: world.someone("teacher") }
  }

  it.each(modes)("R11 no default links by an address, verified or not, with %s", async (mode) => {
    const { world, user } = await worldWith(mode, true)
    for (const emailVerified of [undefined, false, true]) {
      const identity = identityOf(user, { email, emailVerified })
      const result = await world.resolve(identity)
      expect(result).toMatchObject(
        mode === "sso" ? { outcome: "not-synced" } : { outcome: "linked", accountId: null },
      )
    }
    expect(await world.storage.listLinks({ limit: 10 })).toEqual([])
  })

  it.each(modes)("R11 when-both-verified links only if both sides say verified, with %s", async (mode) => {
    const options = { linkPolicy: "when-both-verified" as const }
    for (const [ofApp, ofClever] of [
      [true, undefined],
      [true, false],
      [false, true],
    ] as const) {
      const { world, user } = await worldWith(mode, ofApp)
      await world.resolve(identityOf(user, { email, emailVerified: ofClever }), options)
      expect(await world.storage.listLinks({ limit: 10 })).toEqual([])
    }
    const { world, user } = await worldWith(mode, true)
    expect(await world.resolve(identityOf(user, { email, emailVerified: true }), options)).toMatchObject({
      outcome: "linked",
      accountId: "a1",
      link: { linkedBy: "match:email" },
    })
    // Somebody else with the same address is a different person (R10).
    const other = identityOf(world.someone("contact"), { email, emailVerified: true })
    expect(await world.resolve(other, options)).not.toMatchObject({ accountId: "a1" })
  })

  it("R11 chooses none of two accounts with one verified address", async () => {
    const { world, user } = await worldWith("sso", true)
    world.accounts.accounts.push({ id: "a2", fields: { email }, emailVerified: true })
    const identity = identityOf(user, { email, emailVerified: true })
    expect(await world.resolve(identity, { linkPolicy: "when-both-verified" })).toMatchObject({
      outcome: "ambiguous",
      candidates: ["a1", "a2"],
      field: "email",
    })
  })

  it("R11 the app's own judgement counts with a proof alone, and for an account that was asked about", async () => {
    const { world, user } = await worldWith("sso", false)
    const identity = identityOf(user, { email })
    expect(await world.resolve(identity, { linkPolicy: () => undefined })).toMatchObject({
      outcome: "not-synced",
    })
    for (const [accountId, ageMs] of [
      ["a1", 600_001],
      ["a2", 0],
    ] as const) {
      const linkPolicy = () => proofOf(world, identity, accountId, ageMs)
      expect(await codeOf(world.resolve(identity, { linkPolicy }))).toBe("LINK_PROOF_INVALID")
    }
    const requests: unknown[] = []
    const linkPolicy = async (request: unknown) => {
      requests.push(request)
      return proofOf(world, identity, "a1")
    }
    expect(await world.resolve(identity, { linkPolicy })).toMatchObject({
      outcome: "linked",
      accountId: "a1",
    })
    expect(requests).toEqual([{ identity, candidates: ["a1"] }])
  })
})
