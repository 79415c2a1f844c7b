/** What no computer can decide: which of several accounts is somebody's. */
import type { AccountMatching } from "homeroom/accounts"

// #region reviews
/** What a support person decides: the candidate, or `none`. */
export async function decideAll(
  matching: AccountMatching,
  districtId: string,
  ask: (question: { cleverId: string; candidates: readonly string[] }) => Promise<string | "none">,
): Promise<void> {
  for await (const review of matching.reviews({ districtId, state: "open" })) {
    const answer = await ask(review)
    const by = "ada"
    if (answer === "none") await matching.decide(review.id, { keepApart: true, by })
    else await matching.decide(review.id, { link: answer, by })
  }
}
// #endregion
