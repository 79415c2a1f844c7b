import { HomeroomError } from "../../errors/index.ts"
import { AuditLog, decideReview } from "../../exchange/index.ts"
import { AccountMatching, type Review, type ReviewState } from "../../roster/index.ts"
import type { ConsoleRoute } from "../routing/route.ts"
import type { Visit } from "../routing/visit.ts"
import { personLink } from "../view/changes.ts"
import { selectField } from "../view/fields.ts"
import { html, type Markup } from "../view/html.ts"
import { personFacts } from "../view/person-facts.ts"
import { badge, button, card, emptyState, facts, type Tone } from "../view/pieces.ts"
import { pager } from "../view/table.ts"
import { oneOf } from "./history.ts"

/** Review: what matching could not decide by itself, with its candidates. */
export const reviewRoutes: readonly ConsoleRoute[] = [
  { method: "GET", path: "/districts/:districtId/review", role: "view", handle: showReviews },
  { method: "POST", path: "/districts/:districtId/review", role: "approve", handle: decide },
]

const reviewsPerPage = 20

const tones: Readonly<Record<ReviewState, Tone>> = {
  open: "warn",
  linked: "good",
  "kept-apart": "quiet",
  closed: "quiet",
}

/** The app's own matching; without one, what is in the storage can still be decided. */
function matchingOf({ parts, clock }: Visit): AccountMatching {
  return parts.matching ?? new AccountMatching({ storage: parts.storage, clock })
}

async function showReviews(visit: Visit): Promise<Response> {
  const { text } = visit
  const words = text.review
  const { districtId } = visit.connection
  const state = oneOf<ReviewState>(visit.query.get("state"), words.states) ?? "open"
  const after = visit.query.get("after") ?? undefined
  const reviews: Review[] = []
  for await (const review of matchingOf(visit).reviews({ districtId, state, after })) {
    reviews.push(review)
    if (reviews.length > reviewsPerPage) break
  }
  const hasMore = reviews.length > reviewsPerPage
  const shown = reviews.slice(0, reviewsPerPage)
  const cards: Markup[] = []
  for (const review of shown) cards.push(await reviewCard(visit, review))
  const path = visit.districtPath("review")
  const none =
    state === "open"
      ? emptyState({ title: words.none, text: words.noneText })
      : emptyState({ title: words.none, text: words.noneOther })
  return visit.page({
    section: "review",
    title: words.title,
    lead: words.lead,
    body: html`<form class="inline filter" method="get" action="${visit.href(path)}">
${selectField({ name: "state", label: words.state, value: state, choices: Object.entries(words.states) })}
${button(text.filter)}
</form>
${shown.length === 0 ? html`<div class="card">${none}</div>` : cards}
${pager(text, {
  first: after === undefined ? undefined : visit.href(path, { state }),
  next: hasMore ? visit.href(path, { state, after: shown.at(-1)?.id }) : undefined,
})}`,
  })
}

async function reviewCard(visit: Visit, review: Review): Promise<Markup> {
  const { text, show } = visit
  const words = text.review
  const { type, state, reason, field, decision, candidates } = review
  const items: Markup[] = []
  for (const candidate of candidates) items.push(await candidateItem(visit, review, candidate))
  return card({
    title: words.types[type],
    aside: badge(words.states[state], tones[state]),
    body: html`<p>${words.reasons[reason]}${field === null ? "" : html` ${words.foundBy}: <code>${field}</code>.`} <span class="quiet">${words.opened} ${show.time(review.openedAt)}</span></p>
<h3>${words.columns.here}</h3>
${type === "school" ? await schoolFacts(visit, review.cleverId) : await peopleFacts(visit, review.cleverId)}
<h3>${words.candidates}</h3>
<ul class="candidates">${items}</ul>
${decision === null ? "" : html`<p class="quiet"><bdi>${words.decided(decision.by)}</bdi> ${show.time(decision.at)}</p>`}
${state !== "open" ? "" : visit.may("approve") ? keepApartForm(visit, review) : html`<p class="quiet">${words.needsRight}</p>`}`,
  })
}

async function candidateItem(visit: Visit, review: Review, candidate: string): Promise<Markup> {
  const words = visit.text.review
  const { type, state, decision } = review
  const label = words.account(candidate)
  const what =
    type === "reissued"
      ? await peopleFacts(visit, candidate)
      : html`<p><strong><bdi>${label}</bdi></strong></p>`
  const isChosen = decision?.link === candidate
  const form =
    state === "open" && visit.may("approve")
      ? visit.postForm(
          visit.districtPath("review"),
          html`<input type="hidden" name="review" value="${review.id}">${button(words.link, {
            kind: "primary",
            name: "link",
            value: candidate,
            label: words.linkLabel(candidate),
          })}`,
        )
      : isChosen
        ? badge(words.states.linked, "good")
        : ""
  return html`<li>${what}${form}</li>`
}

function keepApartForm(visit: Visit, { id, candidates }: Review): Markup {
  const { keepApart, keepApartText } = visit.text.review
  return visit.postForm(
    visit.districtPath("review"),
    html`<input type="hidden" name="review" value="${id}"><div class="inline">${button(keepApart, {
      name: "keep-apart",
      value: "yes",
      label: `${keepApart}: ${candidates.join(", ")}`,
    })}<span class="quiet">${keepApartText}</span></div>`,
  )
}

async function peopleFacts(visit: Visit, id: string): Promise<Markup> {
  const { text, parts, connection } = visit
  const person = await parts.roster.person({ districtId: connection.districtId, id })
  if (person === undefined)
    return html`<p>${personLink(visit, id)} <span class="quiet">${text.review.gone}</span></p>`
  return facts([...personFacts(visit, person), [text.people.columns.id, personLink(visit, id)]])
}

async function schoolFacts(visit: Visit, id: string): Promise<Markup> {
  const { parts, connection, text } = visit
  const school = await parts.roster.record({ districtId: connection.districtId, kind: "school", id })
  const { fields } = text.review
  return facts([
    [fields.name, html`<bdi>${school?.data.name ?? text.review.gone}</bdi>`],
    [text.people.columns.id, html`<code>${id}</code>`],
  ])
}

async function decide(visit: Visit): Promise<Response> {
  const { form, actor: by, parts, clock } = visit
  const reviewId = form.get("review") ?? ""
  const matching = matchingOf(visit)
  const review = await matching.review(reviewId)
  if (review.districtId !== visit.connection.districtId) {
    throw new HomeroomError("REVIEW_NOT_FOUND", { details: { reviewId } })
  }
  const link = form.get("link")
  const isApart = form.get("keep-apart") !== null
  if ((link === null) === !isApart) throw new HomeroomError("CONSOLE_FORM_REFUSED")
  const choice = link === null ? { keepApart: true as const, by } : { link, by }
  const audit = new AuditLog({ storage: parts.storage, clock })
  await decideReview({ matching, audit, reviewId, choice })
  return visit.redirect(visit.districtPath("review"), link === null ? "review-kept-apart" : "review-linked")
}
